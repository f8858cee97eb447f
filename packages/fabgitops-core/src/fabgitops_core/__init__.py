"""FabGitOps without I/O frameworks around it: what a user declares, what to do about it, and how to talk to a PLC.

The rooms, from the bottom: `api` (models of the resources), `control` (pure decisions), `engine` (when and in which
order, asyncio), `modbus` (the one place that speaks Modbus) and `testing` (fakes of the engine's ports).
"""
