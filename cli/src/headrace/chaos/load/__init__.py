"""The steady load: what is asked for, and the client that asks."""
