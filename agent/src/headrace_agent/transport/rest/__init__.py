"""The REST transport: the radiance agent routes, for machines that can't reach NATS."""
