"""Calls to platforms over HTTP: guarded, bounded, streamed."""
