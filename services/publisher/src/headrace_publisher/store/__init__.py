"""The publisher's view of the record."""
