"""Headrace: a workflow engine on one PostgreSQL, for platforms whose users write scripts."""

__version__ = "0.1.0"
