"""The sandbox: runs scripts of strangers in processes of their own. Imports nothing of the engine."""
