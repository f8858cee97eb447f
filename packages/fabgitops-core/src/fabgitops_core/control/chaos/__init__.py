"""What is done about a chaos experiment: recorded before it is done, and over within 30 s of silence, whoever dies."""
