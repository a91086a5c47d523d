"""Transports: how jobs come to the agent and outcomes leave it."""
