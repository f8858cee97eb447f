"""The decisions for racks: what they are made of is other objects."""
