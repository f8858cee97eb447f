"""`fabctl version`."""

import sys

from fabctl import own_version


def version() -> None:
    """Print the version; needs no cluster."""
    sys.stdout.write(f"fabctl {own_version()}\n")
