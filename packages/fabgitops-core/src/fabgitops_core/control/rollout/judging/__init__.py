"""By what a revision is judged, and what a verdict does to it."""
