"""What requests and answers hold: one source for the checks and for the OpenAPI document."""
