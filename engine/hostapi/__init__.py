"""What scripts may call: an allow-list of names, a module a namespace."""
