"""How the log looks: sentences on a terminal, JSON lines for machines."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

from fabgitops_operator.settings import LogFormat, LogLevel

_QUIET = ("httpx2", "httpcore2", "httpx", "httpcore", "aiohttp.access", "asyncio", "pymodbus")
"""Libraries that tell of each request; what matters of those, we tell ourselves."""


def configure(level: LogLevel, shape: LogFormat) -> None:
    """Send the log to standard error in the shape wanted."""
    handler = logging.StreamHandler(sys.stderr)
    as_text = shape is LogFormat.TEXT or (shape is LogFormat.AUTO and sys.stderr.isatty())
    if as_text:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    else:
        fields = ["asctime", "levelname", "name", "message"]
        names = {"asctime": "time", "levelname": "level", "name": "logger"}
        handler.setFormatter(JsonFormatter(fields, rename_fields=names, datefmt="%Y-%m-%dT%H:%M:%S%z"))
    logging.basicConfig(level=level.value.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("kopf").setLevel(logging.ERROR)
    handler.addFilter(_without_traceback_of_kopf)


def _without_traceback_of_kopf(record: logging.LogRecord) -> bool:
    """Let kopf tell in a line what ended it: it is begun anew, and its insides mend nothing."""
    if record.name.partition(".")[0] == "kopf":
        record.exc_info, record.exc_text = None, None
    return True
