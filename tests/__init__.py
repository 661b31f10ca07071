"""All tests; a package so that its helpers are imported by name from anywhere."""
