"""Runs: one attempt of a job on this machine, from its start to its outcome. Knows no transport."""
