"""Flatfile's words for jobs (seeds 001 and 002): other doors into the same queue, for handlers that are far away."""
