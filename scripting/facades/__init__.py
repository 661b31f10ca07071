"""What scripts can import: look-alikes with listed members, one module each. Never the real modules."""
