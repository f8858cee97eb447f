"""Programs that tests need, by the names of the fixtures that give them: built before the first test."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from testbed.beforehand import Beforehand, asked
from testbed.gotools import Tools, built


class Programs:
    """Some programs: each fixture's is one of those that a module of tools builds."""

    def __init__(self, needed: Mapping[str, tuple[Tools, str]]) -> None:
        self._needed = needed
        self._beforehand = Beforehand()

    def build(self, session: pytest.Session) -> None:
        """Build those that the tests of a run ask for; call this when the tests are collected."""
        wanted = self._needed.keys() & asked(session)
        self._beforehand.do(session, lambda: [built(self._needed[name][0]) for name in wanted])

    def of(self, request: pytest.FixtureRequest, name: str) -> Path:
        """Return where a program is.

        Raises:
            TestbedError: It could not be built.
        """
        self._beforehand.must_be_done(request.config)
        tools, file = self._needed[name]
        return built(tools)[file]
