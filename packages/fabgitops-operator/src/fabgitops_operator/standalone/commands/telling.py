"""What a command ends with: 0, or 1 and a line that says what is wrong and what to do."""

from collections.abc import Callable

from fabgitops_operator.streams import complain


def told(work: Callable[[], object], *expected: type[Exception]) -> int:
    """Do something, and return the exit code: what is expected to go wrong is told in a line."""
    try:
        work()
    except expected as error:
        complain(str(error))
        return 1
    return 0
