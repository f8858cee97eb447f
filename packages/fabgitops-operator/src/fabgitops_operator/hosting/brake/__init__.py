"""The fleet brake: too many PLCs drift at once, and nothing is corrected any more until somebody lets it go.

What is too much is decided by core (`control/plc/fleet`); `record` is what is kept of it, `brake` holds and lets go,
and `watching` hears what the engine does.
"""
