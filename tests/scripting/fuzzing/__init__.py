"""Generated inputs for the transformer and the decoder, and what must hold of each: for tests and bench/fuzz.py."""
