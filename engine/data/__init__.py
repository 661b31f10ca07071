"""Records, files and users of an app."""
