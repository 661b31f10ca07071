"""What runs a job, one module a type."""
