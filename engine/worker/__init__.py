"""The worker: its loop, one attempt, slots, retry policy."""
