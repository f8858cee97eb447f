"""Whoever listens, behind a guard: what he makes of what he hears is no resource's trouble."""

import logging
from collections.abc import Callable

from fabgitops_core.api.meta import Key
from fabgitops_core.control.commands import Commands
from fabgitops_core.control.events import Event
from fabgitops_core.engine.ports import Observer

log = logging.getLogger(__name__)


class Listener:
    """An `Observer` that passes everything on to another; what that one raises is logged, once for each fault."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._logged: set[str] = set()

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Pass it on."""
        try:
            self._observer.happened(key, event, commands)
        except Exception as error:  # noqa: BLE001 - logged there
            self._failed(self._observer.happened, error)

    def passed(self, key: Key, seconds: float) -> None:
        """Pass it on."""
        try:
            self._observer.passed(key, seconds)
        except Exception as error:  # noqa: BLE001 - logged there
            self._failed(self._observer.passed, error)

    def late(self, seconds: float) -> None:
        """Pass it on."""
        try:
            self._observer.late(seconds)
        except Exception as error:  # noqa: BLE001 - logged there
            self._failed(self._observer.late, error)

    def fault(self, key: Key, where: str) -> None:
        """Pass it on."""
        try:
            self._observer.fault(key, where)
        except Exception as error:  # noqa: BLE001 - logged there
            self._failed(self._observer.fault, error)

    def forgotten(self, key: Key) -> None:
        """Pass it on."""
        try:
            self._observer.forgotten(key)
        except Exception as error:  # noqa: BLE001 - logged there
            self._failed(self._observer.forgotten, error)

    def _failed(self, told: Callable[..., None], error: Exception) -> None:
        cause = f"{told.__name__}: {type(error).__name__}"
        if cause not in self._logged:
            self._logged.add(cause)
            log.error("whoever listens failed by a fault of our own (%s)", told.__name__, exc_info=error)
