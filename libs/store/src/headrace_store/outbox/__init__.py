"""Outcomes that are due to leave: deliveries to webhooks and exports, taken from the record for a relay."""
