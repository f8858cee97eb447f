"""Fakes of the host and the observer: they remember what they are told."""

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import Event
from fabgitops_core.engine.ports import Stored


class FakeHost:
    """The `Host` port: everything is kept in the order in which it came; `answer` is what becomes of a status."""

    def __init__(self) -> None:
        self.published: list[tuple[Key, ApiModel]] = []
        self.told_of_others: list[tuple[Key, str, ApiModel]] = []
        self.notices: list[tuple[Key, Notice]] = []
        self.waited: list[Key] = []
        self.answer = Stored.YES

    def publish(self, key: Key, status: ApiModel) -> None:
        """Remember a status."""
        self.published.append((key, status))

    def tell(self, key: Key, uid: str, status: ApiModel) -> None:
        """Remember the status of an object that is not looked after itself."""
        self.told_of_others.append((key, uid, status))

    def pending(self, key: Key) -> bool:
        """Return that nothing is on its way: all is known at once."""
        del key
        return False

    async def stored(self, key: Key, limit: float) -> Stored:
        """Remember that somebody waited."""
        del limit
        self.waited.append(key)
        return self.answer

    def notice(self, key: Key, notice: Notice) -> None:
        """Remember a notice."""
        self.notices.append((key, notice))

    def status(self, key: Key) -> ApiModel | None:
        """Return what was published last for a key."""
        return next((status for each, status in reversed(self.published) if each == key), None)

    def reasons(self, key: Key) -> list[str]:
        """Return the reasons of what was announced for a key."""
        return [notice.reason.value for each, notice in self.notices if each == key]


class FakeObserver:
    """The `Observer` port."""

    def __init__(self) -> None:
        self.events: list[tuple[Key, Event]] = []
        self.passes: list[Key] = []
        self.lateness: list[float] = []
        self.gone: list[Key] = []
        self.faults: list[tuple[Key, str]] = []

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Remember an event."""
        del commands
        self.events.append((key, event))

    def passed(self, key: Key, seconds: float) -> None:
        """Remember a pass."""
        del seconds
        self.passes.append(key)

    def late(self, seconds: float) -> None:
        """Remember how late a pass had its turn."""
        self.lateness.append(seconds)

    def fault(self, key: Key, where: str) -> None:
        """Remember a fault of our own."""
        self.faults.append((key, where))

    def forgotten(self, key: Key) -> None:
        """Remember who is gone."""
        self.gone.append(key)
