"""How matrix instructions compute: their arithmetic as numbers, and the compiled code that runs on these."""
