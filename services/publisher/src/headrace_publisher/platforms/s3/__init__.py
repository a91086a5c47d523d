"""Buckets: the site's own store, or any that speaks S3."""
