"""What a user declares: models of the resources, and what is generated from them. Pure."""
