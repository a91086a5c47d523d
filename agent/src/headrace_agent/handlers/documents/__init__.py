"""Readers of document formats: each makes a ``Document`` of a file."""
