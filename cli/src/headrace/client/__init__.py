"""The Python client of the native API: ``Client`` and ``AsyncClient``, made from one source.

What a call does is written once, as a generator of steps (send this, wait that long, store that stream); the two
clients differ only in how they take such steps.
"""
