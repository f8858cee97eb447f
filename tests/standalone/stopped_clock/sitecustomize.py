"""Has a Python believe that it is January 1970, as a box does whose clock has no battery: put it on PYTHONPATH."""

import datetime as dt
import time
from datetime import datetime

_real_time = time.time
_began = _real_time()


class _Kind(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _In1970(datetime, metaclass=_Kind):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return a moment in the first hours of 1970."""
        return datetime.fromtimestamp(time.time(), tz)


time.time = lambda: _real_time() - _began + 60.0
dt.datetime = _In1970  # type: ignore[misc]
