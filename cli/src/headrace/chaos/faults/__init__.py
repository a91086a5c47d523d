"""What is done to the stack: one kind of harm a file."""
