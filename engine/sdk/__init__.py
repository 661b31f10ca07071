"""What code outside of the platform imports: clients that speak to its HTTP API."""
