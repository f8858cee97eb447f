"""Racks and what they are made of: the models, and what the API server checks of them."""
