"""Operations of the interface spelled in the functions of torch."""
