"""The `headrace` command: one file a sub-command."""
