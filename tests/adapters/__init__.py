"""The adapters, held to what they promise of the libraries beneath them."""
