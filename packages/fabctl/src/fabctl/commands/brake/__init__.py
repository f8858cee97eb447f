"""`fabctl brake`."""
