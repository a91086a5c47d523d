"""Exports results and publishes outputs to platforms."""
