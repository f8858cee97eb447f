"""Processes that each hold one injection. They import the standard library alone, and the kernel ends them."""
