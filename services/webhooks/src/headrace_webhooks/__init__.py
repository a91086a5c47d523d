"""Signed webhooks to the customer's URL, with retries kept in the record."""
