"""The headrace command, the Python client and the embedded stack."""
