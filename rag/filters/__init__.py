"""Which documents a search looks at."""
