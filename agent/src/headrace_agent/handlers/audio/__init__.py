"""Reading and writing sound for the handlers of speech."""
