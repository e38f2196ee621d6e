"""What the service can do and say: steps, deadlines, rights, replies."""
