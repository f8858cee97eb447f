"""What both runtimes are made of: from what is declared to the engine, and back to statuses, Events and metrics.

Nothing here knows where objects are kept: `ports` says what is asked of that, and `errors` how it says no. `stage`
wires the parts, starts and ends them.
"""
