"""How many pods each revision is to have: arithmetic of sides, within limits."""
