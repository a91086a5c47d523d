"""JetStream over raw subjects: pulls that survive a server restart, acks and publishes in bulk."""
