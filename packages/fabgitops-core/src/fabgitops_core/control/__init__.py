"""What to do about it: pure functions from what is known to what is to be done."""
