"""Lets a test make the weather of an operator: what its clock says and whether names are found, by files in a folder.

Put on PYTHONPATH. `WEATHER` names the folder: `clock` holds the seconds by which the time of day is wrong, and while
there is a file `no-names` no host name is found.
"""

import datetime as dt
import os
import socket
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

_FOLDER = Path(os.environ["WEATHER"])
_real_time, _real_names = time.time, socket.getaddrinfo

sys.modules["uvloop"] = None  # type: ignore[assignment]  # it asks for names, and for the time, past Python


def _off() -> float:
    try:
        return float((_FOLDER / "clock").read_text() or 0)
    except OSError:
        return 0.0


class _Kind(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _Stepped(datetime, metaclass=_Kind):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return what the clock says."""
        return datetime.fromtimestamp(time.time(), tz)


def _names(host: Any, *given: Any, **named: Any) -> Any:
    if (_FOLDER / "no-names").exists() and host == "localhost":
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return _real_names(host, *given, **named)


time.time = lambda: _real_time() + _off()
dt.datetime = _Stepped  # type: ignore[misc]
socket.getaddrinfo = _names
