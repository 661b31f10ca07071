"""What happens in apps, told to the listeners that they declare: events become jobs, each once, in order per record."""
