"""Executors: the ways to run a job."""
