"""Whether there is colour, and what else a terminal shows: by --color and FABCTL_COLOR, FORCE_COLOR, NO_COLOR."""

import os
import sys

from fabctl.defaults import variable

COLOR = variable("color")
"""What --color says, or where that says nothing the environment: auto, always or never."""


def coloured() -> bool:
    """Return whether to show what a terminal shows: on one, and where that is asked for (force-color.org)."""
    return sys.stdout.isatty() or _said() == "always" or (_said() == "auto" and bool(os.environ.get("FORCE_COLOR")))


def without_style() -> bool:
    """Return whether there are to be no colours even so (NO_COLOR: no-color.org)."""
    return _said() == "never" or (_said() == "auto" and bool(os.environ.get("NO_COLOR")))


def forced() -> bool:
    """Return whether there are to be colours whatever standard output is."""
    return _said() == "always"


def _said() -> str:
    return os.environ.get(COLOR) or "auto"
