"""What is to be set of an operator, whatever it runs on."""

from collections.abc import Sequence
from typing import Protocol


class Wishes(Protocol):
    """What is to be set of an operator, whatever it runs on."""

    @property
    def namespace(self) -> Sequence[str]:
        """Return the namespaces to look after; none is all."""
        ...

    @property
    def resync_secs(self) -> float:
        """Return the seconds between two listings."""
        ...

    @property
    def deaf_secs(self) -> float:
        """Return the seconds that watch and listing may be refused before writes are held."""
        ...

    @property
    def control_plane_grace_secs(self) -> float:
        """Return the seconds that what was declared last is enforced while nothing is heard."""
        ...

    @property
    def read_only(self) -> bool:
        """Return whether nothing is written, ever."""
        ...

    @property
    def writes_per_second(self) -> float:
        """Return how many writes go out in a second; 0 is any number."""
        ...

    @property
    def writes_per_second_per_host(self) -> float:
        """Return how many go to one host."""
        ...

    @property
    def brake_percent(self) -> int:
        """Return how many of a hundred PLCs may drift at once; 0 is any number."""
        ...

    @property
    def brake_min(self) -> int:
        """Return of how many PLCs at least."""
        ...

    @property
    def brake_window_secs(self) -> float:
        """Return within how many seconds."""
        ...

    @property
    def brake_corrections_per_minute(self) -> int:
        """Return how many corrections there may be within a minute; 0 is any number."""
        ...

    @property
    def grace_secs(self) -> float:
        """Return the seconds that a correction in hand has at the end."""
        ...

    @property
    def otlp_endpoint(self) -> str:
        """Return where traces go; "" is nowhere."""
        ...
