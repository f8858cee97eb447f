"""The engine's ports: what it needs of devices, of other objects, of a bus, and of the place where resources live.

Each has a real adapter (in `fabgitops_core.modbus` or the operator) and a shipped fake (`fabgitops_core.testing`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Any, NamedTuple, Protocol

from fabgitops_core.api.analysis.providers import Provider
from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.analysis.answers import Answer
from fabgitops_core.control.commands import Commands, Notice
from fabgitops_core.control.events import Event
from fabgitops_core.control.happenings import Happening
from fabgitops_core.control.plc.auditing import WriteFacts
from fabgitops_core.control.plc.requests import Change, ConnectionId, Endpoint, IdentityPlan, Link, ReadPlan, SecretKey


class Identified(NamedTuple):
    """What a device says of itself, by object id: 0 vendor name, 1 product code, 2 revision.

    It holds for the connection `over` which it was said: behind the next one another device may stand.
    """

    objects: Mapping[int, str]
    over: ConnectionId


class Checks(NamedTuple):
    """What is read right before a write, in the same turn, and who is shown the answers before the write is sent."""

    plans: tuple[ReadPlan, ...]
    shown: Callable[[tuple[tuple[int, ...], ...]], None]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is written before and after a change, in the same turn, each to one word or coil of the same unit.

    What a Secret holds is in there, so it shows none of it. `wanted` is asked before each that goes after the change.
    """

    before: tuple[Change, ...] = field(repr=False)
    after: tuple[Change, ...] = field(repr=False)
    wanted: Callable[[], bool] = field(repr=False)


class Device(Protocol):
    """One share of the connection to an endpoint; shares of one endpoint take turns on it."""

    async def read(
        self, plan: ReadPlan, *, timeout: float, urgent: bool = False, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[int, ...]:
        """Return exactly `plan.count` words, each 0 to 65535, or as many bits, each 0 or 1, of a table of bits.

        Args:
            plan: What to read; its endpoint is this device's.
            timeout: Seconds to wait for the connection, and again for the reply; waiting for a turn does not count.
            urgent: Whether to go before every request that waits for its turn and is not urgent.
            wanted: Asked when its turn has come, perhaps more than once; a False sends nothing.

        Raises:
            DeviceError: One of `Unreachable`, `Refused`, `UnitUnreachable`, `NoReply`, `ConnectionLost`, `BadReply`;
                `Withdrawn` when this share was given up before its turn came, or `wanted` said no.
        """
        ...

    async def identify(self, plan: IdentityPlan, *, timeout: float) -> Identified:
        """Return what a device says of itself, all of it over one connection.

        Args:
            plan: What to ask for; its endpoint is this device's.
            timeout: As for `read`, for each reply: a device may spread what it says over several.

        Raises:
            DeviceError: As for `read`; `Refused` with code 1 by a device that has no identification; `Unreachable` also
                when the connection was gone before all was said.
        """
        ...

    async def write(
        self,
        change: Change,
        *,
        timeout: float,
        wanted: Callable[[], bool],
        over: ConnectionId | None = None,
        checks: Checks | None = None,
        beside: Beside | None = None,
    ) -> bool:
        """Send one write, once, and return when the device has confirmed it; writes go before waiting reads.

        A change with a mask that the device does not apply itself is a reading and then a write, with no other request
        of ours between them, and no write at all where the bits are right already: the answer is whether one was sent.

        Args:
            change: What to write; its endpoint is this device's.
            timeout: As for `read`, for each request.
            wanted: Asked at the last moment before the write is sent; a False sends nothing.
            over: The connection over which the device was identified; over no other is anything sent. Over UDP it is a
                socket, which nobody ends when another device takes over an address: there it promises no more than
                that we have not looked for the device anew.
            checks: What to read before it, over the same connection and with no other request of ours between them;
                `wanted` is asked before it, and again once that is shown.
            beside: What to write before and after it, over the same connection and with no other request of ours
                between them. All of it goes out after the readings, in order, each only when the device has confirmed
                the one before; `wanted` is asked before each that goes first.

        Raises:
            DeviceError: `Unfinished` when it was confirmed, and one that goes after it was not. Of one that goes before
                it the error is that of this one, and the change was not sent. `Unchecked` when what is to be read
                before it could not be. `Withdrawn` also when `wanted` said no or, with a reason in `why`, when the
                connection `over` is gone, otherwise as for `read`. When `maybe_done` is true the device may hold the
                new value; it is not when the reading before a write did not succeed.
        """
        ...

    def close(self) -> None:
        """Give up this share; the connection closes with its last share, after the request in hand."""
        ...


class Devices(Protocol):
    """Hands out shares of connections."""

    def open(self, endpoint: Endpoint, link: Link = ...) -> Device:
        """Return a share of the connection to `endpoint`, to be treated as `link` says at least; does no I/O."""
        ...

    async def close(self) -> None:
        """Close every connection; requests under way end with `ConnectionLost`."""
        ...


class Applying(NamedTuple):
    """An object as it is after it was applied, and whether it was not there before."""

    body: Mapping[str, Any]
    created: bool


class Objects(Protocol):
    """Where objects are kept that resources own or lead, and others read: as an API server of Kubernetes does."""

    async def apply(
        self, body: Mapping[str, Any], *, force: bool, uid: str = "", wanted: Callable[[], bool] = lambda: True
    ) -> Applying:
        """Let an object be as `body` says, by server-side apply with a field manager of our own.

        Args:
            body: With apiVersion, kind, namespace and name, and just the fields that are to be ours.
            force: Whether to take fields from whoever gave them another value.
            uid: The object that it goes onto, or onto none; "" only where no object has the name: one that is there is
                looked at before anything of it is taken over, and `Taken.stands` is what is there.
            wanted: Asked when its turn has come; a False sends nothing.

        Raises:
            ObjectError: One of `Withdrawn`, `Conflict` (not with `force`), `Taken`, `Gone` (only with `uid`),
                `Refused`, `Away`.
        """
        ...

    async def draft(self, body: Mapping[str, Any], *, wanted: Callable[[], bool] = lambda: True) -> Mapping[str, Any]:
        """Return an object as it would be stored, with all defaults and what policies change of it; nothing is stored.

        Args:
            body: As for `apply`; its name may be another's, and is not that of what is returned.
            wanted: As for `apply`.

        Raises:
            ObjectError: One of `Withdrawn`, `Refused`, `Away`.
        """
        ...

    async def delete(self, key: Key, uid: str, version: int = 0, *, wanted: Callable[[], bool] = lambda: True) -> None:
        """Delete an object if it still is the one of this uid; it may stay until its finalizers let it go.

        Args:
            key: Which.
            uid: The uid that it must have.
            version: The resourceVersion that it must have; 0 is any.
            wanted: As for `apply`.

        Raises:
            ObjectError: One of `Withdrawn`, `Taken` (another has the name), `Changed`, `Gone`, `Refused`, `Away`.
        """
        ...

    async def annotate(
        self,
        key: Key,
        uid: str,
        annotations: Mapping[str, str | None],
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Give annotations to an object if it still is the one of this uid, and leave all else of it as it is.

        Args:
            key: Which.
            uid: The uid that it must have.
            annotations: What they are to be; None takes one away. The others stay.
            wanted: As for `apply`.

        Raises:
            ObjectError: One of `Withdrawn`, `Taken` (another has the name), `Gone`, `Refused`, `Away`.
        """
        ...

    async def patch(
        self,
        key: Key,
        uid: str,
        steps: Sequence[Mapping[str, Any]],
        version: int = 0,
        *,
        wanted: Callable[[], bool] = lambda: True,
        part: str = "",
    ) -> Mapping[str, Any]:
        """Change an object by a JSON patch (RFC 6902) if it still is the one of this uid, and return it as it is then.

        Args:
            key: Which.
            uid: The uid that it must have.
            steps: What is done to it, all or nothing.
            version: The resourceVersion that it must have; 0 is any.
            wanted: As for `apply`.
            part: The subresource that it goes to, which is what is returned then; "" for none.

        Raises:
            ObjectError: One of `Withdrawn`, `Changed` (it has another version, or a step does not fit what there is: a
                test did not hold, or what it is about is not there), `Gone` (also where another has the name),
                `Refused` (what it would be is not valid, too), `Away`.
        """
        ...

    async def look(self, key: Key) -> Mapping[str, Any] | None:
        """Return an object as it stands now; None where nothing has the name.

        Raises:
            ObjectError: One of `Refused`, `Away`.
        """
        ...


class Bus(Protocol):
    """Tells the world what has happened."""

    def publish(
        self, key: Key, happening: Happening, taken: Callable[[], None], refused: Callable[[str], None] | None = None
    ) -> None:
        """Pass a happening on, after those of its partition that came before. Does not wait, does not raise.

        Args:
            key: The resource that tells of it.
            happening: What has happened.
            taken: Called once, as soon as the bus has it for good; never when this process ends before.
            refused: Called instead, with the reason, when it is given up as the bus will never take it; where there is
                none, `taken` is.
        """
        ...


class Stored(Enum):
    """What became of a published status."""

    YES = auto()
    REFUSED = auto()
    """The host is there and does not take it."""
    AWAY = auto()
    """The host is out of reach, overloaded, or slower than the limit: it may be stored later."""


class Host(Protocol):
    """The place where resources live: it keeps their status and tells people of transitions."""

    def publish(self, key: Key, status: ApiModel) -> None:
        """Make a status known soon; of several for one key only the last counts. Does not wait, does not raise."""
        ...

    def tell(self, key: Key, uid: str, status: ApiModel) -> None:
        """Make the status known of an object of this uid that is not looked after itself; else as `publish`."""
        ...

    def pending(self, key: Key) -> bool:
        """Return whether what was published last for a key is on its way; does not raise."""
        ...

    async def stored(self, key: Key, limit: float) -> Stored:
        """Wait until what was published last for a key is stored or refused, at most `limit` seconds; never raises."""
        ...

    def notice(self, key: Key, notice: Notice) -> None:
        """Tell people of a transition, soon. Does not wait, does not raise."""
        ...


class WriteResult(StrEnum):
    """What came of a write that was recorded."""

    DONE = "done"
    """The device confirmed it."""
    UNKNOWN = "unknown"
    """It was sent and not confirmed: it may have been carried out."""
    FAILED = "failed"
    """It was certainly not carried out."""
    WITHDRAWN = "withdrawn"
    """It was not sent: it was no longer wanted, or something held it."""
    SPARED = "spared"
    """It was not sent: the device held it already."""


class UnrecordedError(Exception):
    """A write could not be recorded, so it may not be sent; the text is what follows "not written: "."""


class Record(Protocol):
    """The record of one write, which is completed by and by. Nothing here waits or raises."""

    def ended(self, at: datetime, result: WriteResult, why: str = "") -> None:
        """Say what came of the write, once; `why` where it did not go well."""
        ...

    def read_back(self, at: datetime, words: tuple[int, ...], proven: bool) -> None:
        """Say what the first reading after it showed where it was written, and whether that is what was wanted."""
        ...


class Audit(Protocol):
    """Keeps, for good, a record of every write to a device: stored before it is sent, completed afterwards."""

    async def attempt(self, at: datetime, key: Key, change: Change, facts: WriteFacts) -> Record:
        """Store that a resource is about to write, and return the record to be completed.

        Args:
            at: The time of day.
            key: The resource.
            change: What is written.
            facts: What its controller knows of that.

        Raises:
            UnrecordedError: It could not be stored.
        """
        ...


class SecretError(Exception):
    """A value cannot be had out of a Secret; the text is one sentence for people, without anything of a Secret."""


class Secrets(Protocol):
    """Where values are that stand in no manifest."""

    async def text(self, secret: SecretKey) -> str:
        """Return what a key of a Secret holds now.

        Raises:
            SecretError: There is no such Secret or key, it may not be read, or cannot be now.
        """
        ...


class MetricError(Exception):
    """A metric could not be had; the text is one sentence for people, the same while the cause is."""


class MetricSource(Protocol):
    """Where metrics are that are kept elsewhere: Prometheus, and documents of web servers."""

    async def ask(self, provider: Provider) -> Answer:
        """Return what is there now.

        Args:
            provider: What is asked, with its arguments filled in: `prometheus` or `web`.

        Raises:
            MetricError: There is no answer within the time that the provider allows, or it is none.
        """
        ...


class Observer(Protocol):
    """Whoever listens, as metrics do. What it raises is a fault of ours, and changes nothing for the resource."""

    def happened(self, key: Key, event: Event, commands: Commands) -> None:
        """Note what a controller was told and what it wanted done."""
        ...

    def passed(self, key: Key, seconds: float) -> None:
        """Note that a pass over one resource has ended, and how long it took."""
        ...

    def late(self, seconds: float) -> None:
        """Note how long after its time the first request of a pass went out: the wait for its turn is in it."""
        ...

    def fault(self, key: Key, where: str) -> None:
        """Note that a fault of our own struck a resource, and where: a word such as "step"."""
        ...

    def forgotten(self, key: Key) -> None:
        """Note that a resource is gone."""
        ...
