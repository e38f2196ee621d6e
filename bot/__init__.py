"""What moves: channels, streams, processes, the command line and the console."""
