"""The REST front: one core, one folder a dialect."""
