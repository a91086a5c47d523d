"""Outcomes that are due to leave, taken from the record for a relay: deliveries, exports, publications."""
