"""Bodies and headers of webhooks, one module a dialect."""
