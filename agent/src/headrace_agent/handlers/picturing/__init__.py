"""Pictures made from words."""
