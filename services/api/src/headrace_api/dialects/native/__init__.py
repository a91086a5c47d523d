"""The native API (seed 004, grown into the superset of all dialects)."""
