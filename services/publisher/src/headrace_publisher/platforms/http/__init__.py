"""Any server that takes a PUT or a POST."""
