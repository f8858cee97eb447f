"""What is told to the world over a bus: CloudEvents 1.0, before any binding makes bytes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Happening:
    """One CloudEvent (its specification, version 1.0.2, section 3.1): something that has happened, and is told once.

    Told again it has the same `id`, so that whoever is told can see that it is the same. What is of one `partition`, as
    "namespace/rack", arrives in the order in which it happened. `extensions` are attributes of our own: names of lower
    case letters and digits. `data` is fit for JSON.

    What is told in a vocabulary of others, as CDEvents, has a `foreign` type, which no setting of the bus changes, and
    may have to say in its data, too, what its source is: `source_at` names the members that lead there, from outside
    in. How a source begins is said by the bus, which writes it in both places.
    """

    id: str
    type: str
    source: str
    subject: str
    at: datetime
    partition: str
    extensions: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    foreign: bool = False
    source_at: tuple[str, ...] = ()
