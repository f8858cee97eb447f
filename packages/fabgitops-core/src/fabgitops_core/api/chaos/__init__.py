"""What a user declares of chaos experiments: one run, its schedule, and what is allowed at all."""
