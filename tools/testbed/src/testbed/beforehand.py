"""What takes longer than a test may: done before the first test, and where it is seen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from testbed.errors import TestbedError


def asked(session: pytest.Session) -> frozenset[str]:
    """Return the names of the fixtures that the tests of a run ask for; of one that only lists its tests, none."""
    if session.config.option.collectonly:
        return frozenset()
    return frozenset(name for item in session.items for name in getattr(item, "fixturenames", ()))


class Beforehand:
    """Work of one kind. Where it fails every test that needs it fails by itself; the others are none the worse."""

    def __init__(self) -> None:
        self._problem = pytest.StashKey[TestbedError]()

    def do(self, session: pytest.Session, work: Callable[[], object]) -> None:
        """Do it, with what it says shown to the user; call this when the tests are collected."""
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            try:
                work()
            except TestbedError as error:
                session.config.stash[self._problem] = error

    def must_be_done(self, config: pytest.Config) -> None:
        """Raise what it failed with.

        Raises:
            TestbedError: It failed.
        """
        if self._problem in config.stash:
            raise config.stash[self._problem]
