"""Video: what a file holds, where its scenes change, and what can be seen in it."""
