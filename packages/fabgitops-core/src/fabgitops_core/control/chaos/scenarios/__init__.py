"""What may be done to a target, one scenario a module."""
