"""Why no write may go out now: holds with names, each with a reason that people are told.

A hold stands (`put`, `lift`), or is asked anew whenever somebody wants to write (`ask`, `ask_of_site`): when it is
decided, and right before the bytes go out. All must be silent for a write to be sent.
"""

from collections.abc import Callable

from fabgitops_core.control.holding import Hold, HoldReason
from fabgitops_core.control.plc.requests import Endpoint


class Holds:
    """The holds that there are; `lifted` is told when one of them ends, as far as that is known."""

    def __init__(self, lifted: Callable[[], None] = lambda: None) -> None:
        self._lifted = lifted
        self._standing: dict[str, Hold] = {}
        self._asked: dict[str, tuple[Callable[[], str], HoldReason]] = {}
        self._asked_of_site: dict[str, tuple[Callable[[Endpoint], str], HoldReason]] = {}

    def put(self, name: str, why: str, reason: HoldReason = HoldReason.OPERATOR) -> None:
        """Let all writes wait from now on.

        Args:
            name: Which hold it is; put again, it has another reason.
            why: The reason, as what follows "not written: ".
            reason: The same in one word.
        """
        self._standing[name] = Hold(reason, why)

    def lift(self, name: str) -> None:
        """End a hold; one that is not there is as good as lifted."""
        if self._standing.pop(name, None) is not None:
            self._lifted()

    def ask(self, name: str, why_not: Callable[[], str], reason: HoldReason = HoldReason.OPERATOR) -> None:
        """Ask from now on, whenever somebody wants to write, what speaks against it; "" is no objection.

        Nobody hears of the end of such a hold: who waits for it asks again after a while.
        """
        self._asked[name] = why_not, reason

    def ask_of_site(
        self, name: str, why_not: Callable[[Endpoint], str], reason: HoldReason = HoldReason.OPERATOR
    ) -> None:
        """Ask likewise what speaks against a write to a site, which is what `Endpoint.site` returns."""
        self._asked_of_site[name] = why_not, reason

    def hold(self, endpoint: Endpoint | None) -> Hold | None:
        """Return the first that speaks against a write now to an endpoint, or (None) anywhere else."""
        for standing in self._standing.values():
            return standing
        for ask, reason in self._asked.values():
            if why := ask():
                return Hold(reason, why)
        if endpoint is None or not self._asked_of_site:
            return None
        site = endpoint.site
        of_site = ((ask(site), reason) for ask, reason in self._asked_of_site.values())
        return next((Hold(reason, why) for why, reason in of_site if why), None)

    def why_not(self, endpoint: Endpoint | None) -> str:
        """Return what that says, or ""."""
        hold = self.hold(endpoint)
        return hold.message if hold else ""
