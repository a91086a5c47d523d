"""One folder a platform behind one protocol; ``platform`` says what the runner expects of each."""
