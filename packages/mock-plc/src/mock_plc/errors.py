"""What ends mock-plc with one line: MockPlcError, which is a UsageError or names what could not be done."""


class MockPlcError(Exception):
    """It cannot go on: its text says why, and what to do; `code` is the exit code."""

    code = 1


class UsageError(MockPlcError):
    """It is asked for what cannot be: its text names the flag, or the field, and what to write instead."""

    code = 2

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} (see: mock-plc --help)")
