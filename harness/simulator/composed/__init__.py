"""Operations put together from steps of a product's units: each with its signature and its computation."""
