"""What can be done over the native API, one noun a file, each call as a generator of steps."""
