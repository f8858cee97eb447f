"""A resource's registers, ready to be read, compared and written: what a spec comes to once it is resolved."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from fabgitops_core.codec.codec import Codec
from fabgitops_core.codec.showing import put_back, shows
from fabgitops_core.codec.tables import Table
from fabgitops_core.codec.texts import alike
from fabgitops_core.codec.types import Words, hex_of
from fabgitops_core.control.plc.requests import Around, Change, DeviceId, Endpoint, IdentityPlan, Link, WriteFunction


@dataclass(frozen=True, slots=True)
class Place:
    """Where a register is, and how its words are to be understood: two points with equal places are the same thing."""

    device: DeviceId
    table: Table
    address: int
    codec: Codec
    shown: "Place | None" = None
    """Where it is read, and in which form, if that is not where it is written."""

    @property
    def read(self) -> "Place":
        """Return where it is read, and in which form."""
        return self.shown or self


@dataclass(frozen=True, slots=True)
class Extent:
    """What a value may be, in engineering units; None where nothing was said."""

    least: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        """Return whether a value is within; NaN never is."""
        above = not math.isnan(value) if self.least is None else value >= self.least
        return above and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        """Return it for people."""
        if self.least is None:
            return f"above max {self.most:g}"
        return f"below min {self.least:g}" if self.most is None else f"outside of {self.least:g} to {self.most:g}"


ANY = Extent()


@dataclass(frozen=True, slots=True)
class Slope:
    """How a register goes to its value: how far at once, how many seconds apart, and between which limits at any time.

    All but the seconds are in engineering units, exactly.
    """

    step: Fraction
    interval: float
    least: Fraction | None = None
    most: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One register of a resource; `wanted` holds its desired words, None for one that is only observed.

    Words that are wanted, sent or released are those that are written; where `place` says that it is read elsewhere,
    words that were read are in the form that it has there.

    `label` is what people call it in a sentence, `where` its place in words, `metric` its value of the label
    `register`, `desired` what is wanted as a text. `tolerance` is in engineering units, `verify_delay` in seconds;
    `source` says who declared it, `at` is its place in the map. One with a `ramp` goes there in steps, one with a
    `group` with all others of that name; one with a `repeat` is written again after so many seconds although it holds
    what is wanted. What it shows should be within `span`. `around` is what is written before and after it.
    """

    name: str
    label: str
    where: str
    metric: str
    place: Place
    wanted: Words | None = None
    desired: str | None = None
    tolerance: Fraction = Fraction(0)
    function: WriteFunction = WriteFunction.AUTO
    verify: bool = True
    verify_delay: float = 0.0
    unit: str = ""
    source: str = ""
    at: int = 0
    ramp: Slope | None = None
    group: str = ""
    repeat: float | None = None
    span: Extent = ANY
    around: Around | None = None

    @property
    def finishes(self) -> bool:
        """Return whether a write of it is over only when something else was written after it, as a save."""
        return self.around is not None and bool(self.around.after)

    @property
    def command(self) -> bool:
        """Return whether it is given once for each change of what is wanted, and neither read nor compared."""
        return self.wanted is not None and not self.verify

    @property
    def unit_id(self) -> int:
        """Return the Modbus unit id of its device."""
        return self.place.device.unit_id

    @property
    def start(self) -> int:
        """Return the address at which a reading begins that shows it."""
        place = self.place.read
        return place.address - place.codec.ahead

    @property
    def end(self) -> int:
        """Return the address after the last word or bit of such a reading."""
        return self.start + self.place.read.codec.span

    def shows(self, words: Words, wanted: Words) -> bool:
        """Return whether words that were read mean the same as others that are wanted, within the tolerance.

        Raises:
            ValueError: Words that mean nothing.
        """
        place = self.place
        if place.shown is None:
            return place.codec.same(words, wanted, self.tolerance)
        return shows(place.shown.codec, words, place.codec, wanted, self.tolerance)

    def same(self, words: Words, other: Words) -> bool:
        """Return whether two rows of words that were read mean the same, within the tolerance.

        Raises:
            ValueError: Words that mean nothing.
        """
        return self.place.read.codec.same(words, other, self.tolerance)

    def put_back(self, words: Words) -> Words | None:
        """Return the words to be written that bring back what was read; None where the reading does not tell which."""
        place = self.place
        if place.shown is None:
            return words
        return put_back(place.codec, place.shown.codec, words, self.tolerance)

    def text(self, words: Words) -> str:
        """Return what words that are wanted hold for people, with the unit.

        Raises:
            ValueError: Words that mean nothing.
        """
        return self._with_unit(self.place.codec.text(words))

    def shown(self, words: Words) -> str:
        """Return what words that were read hold for people, with the unit.

        Raises:
            ValueError: Words that mean nothing.
        """
        return self._with_unit(self.place.read.codec.text(words))

    def _with_unit(self, value: str) -> str:
        return f"{value} {self.unit}" if self.unit else value

    def texts(self, words: Words, wanted: Words) -> tuple[str, str]:
        """Return what words that were read and others that are wanted hold, so that nobody takes them for the same.

        Raises:
            ValueError: Words that mean nothing.
        """
        one, two = self.shown(words), self.text(wanted)
        return (f"{one} ({raw(words)})", f"{two} ({raw(wanted)})") if alike(one, two) else (one, two)

    @property
    def target(self) -> str:
        """Return what is wanted for people, with the unit."""
        return f"{self.desired} {self.unit}" if self.unit else str(self.desired)

    def change(self) -> Change:
        """Return the one write that makes it hold what is wanted."""
        place = self.place
        mask = place.codec.mask if place.codec.bit is not None and not place.table.bits else None
        return Change(
            place.device.endpoint,
            place.device.unit_id,
            place.address,
            place.codec.value_words(self.wanted or ()),
            place.table,
            self.function,
            mask,
            around=self.around,
        )


def raw(words: Words) -> str:
    """Return words to be shown beside a text that alone would not tell them from others."""
    return f"raw {hex_of(words)}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one read may span: words (1 to 125), and words or bits in a row that nobody asked for."""

    words: int = 125
    gap: int = 0


Groups = Mapping[int, tuple[int, ...]]
"""Of registers that are written together with which, by place in the map."""
APART: Groups = {}


@dataclass(frozen=True, slots=True)
class DeviceMap:
    """All registers of a resource, and how they are reached; `identity` is what FC43/14 must answer, by object id.

    While more than `max_refused_percent` of the registers are refused nothing is written. It is `ramped` when one
    of its registers is, `scaled` when the device says by which power of ten one is to be written. `groups` says of each
    register that is written with others with which, by place in the map and in the order of address. `repeated` are the
    places of those that are written again although they hold what is wanted.
    """

    endpoint: Endpoint
    unit_id: int
    points: tuple[Point, ...]
    timeout: float
    interval: float
    link: Link = field(default_factory=Link)
    limits: Limits = field(default_factory=Limits)
    identity: Mapping[int, str] = field(default_factory=dict)
    max_refused_percent: int = 25
    ramped: bool = False
    scaled: bool = False
    groups: Groups = field(default_factory=lambda: APART)
    repeated: tuple[int, ...] = ()

    @property
    def identity_plan(self) -> IdentityPlan:
        """Return the request that asks the device who it is."""
        return IdentityPlan(self.endpoint, self.unit_id)

    @property
    def who(self) -> str:
        """Return the device's own name for people."""
        return f"{self.endpoint} unit {self.unit_id}"

    @property
    def devices(self) -> tuple[DeviceId, ...]:
        """Return the devices that it is about, its own first."""
        own = DeviceId(self.endpoint, self.unit_id)
        return tuple(dict.fromkeys((own, *(point.place.device for point in self.points))))

    def whole(self, places: Iterable[int]) -> list[int]:
        """Return registers by place in the map, with all that are written together with one of them."""
        some = list(places)
        if not self.groups:
            return some
        return list(dict.fromkeys(each for at in some for each in self.groups.get(at, (at,))))


NOWHERE = DeviceMap(Endpoint("", 0), 0, (), 0.0, 0.0)
"""The map of a resource of which no valid spec was seen yet."""
