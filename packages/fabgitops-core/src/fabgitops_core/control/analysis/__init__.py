"""Analyses: what a change is judged by while it goes on; shared by all that changes something in steps."""
