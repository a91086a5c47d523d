"""Backups of an embedded stack: one file with the record, the blobs and the secrets."""
