"""Chaos experiments on the terminal: what they say, what they would hit, and which scenarios there are."""
