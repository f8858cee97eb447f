"""`fabctl chaos`."""
