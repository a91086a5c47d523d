"""The demo's second act: one job through each of the other dialects, as a program written for it sends one."""
