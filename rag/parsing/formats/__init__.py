"""One module a format; they run inside the parser processes only."""
