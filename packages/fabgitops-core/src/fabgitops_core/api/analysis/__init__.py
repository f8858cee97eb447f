"""What a change is judged by: models."""
