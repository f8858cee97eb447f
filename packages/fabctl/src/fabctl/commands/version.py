"""`fabctl version`."""

import sys
from importlib import metadata


def version() -> None:
    """Print the version; needs no cluster."""
    sys.stdout.write(f"fabctl {metadata.version('fabctl')}\n")
