"""`headrace chaos`: breaks a stack of its own under load, and proves from notes and record that nothing was lost."""
