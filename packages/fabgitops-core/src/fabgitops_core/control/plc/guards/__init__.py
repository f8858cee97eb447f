"""What speaks against correcting a register: one guard a module, and the table that asks them in order."""
