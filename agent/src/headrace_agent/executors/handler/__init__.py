"""The handler executor: a pool of worker processes that run the handlers of the catalogue."""
