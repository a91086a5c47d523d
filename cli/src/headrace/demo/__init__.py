"""The demo: real jobs on real input."""
