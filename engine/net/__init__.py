"""Requests to servers that apps name: only to hosts that they may reach, at addresses that were checked."""
