"""The stack that is broken: its processes and the links between them."""
