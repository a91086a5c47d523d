"""The webhooks service's view of the record."""
