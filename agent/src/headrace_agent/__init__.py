"""The agent: pulls jobs, runs them, returns results."""
