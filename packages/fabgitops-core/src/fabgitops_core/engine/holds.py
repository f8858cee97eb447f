"""Why no write may go out now: holds with names, each with a reason that people are told.

A hold stands (`put`, `lift`), or is asked anew whenever somebody wants to write (`ask`, `ask_of_site`): when it is
decided, and right before the bytes go out. All must be silent for a write to be sent.
"""

from collections.abc import Callable

from fabgitops_core.control.plc.requests import Endpoint


class Holds:
    """The holds that there are; `lifted` is told when one of them ends, as far as that is known."""

    def __init__(self, lifted: Callable[[], None] = lambda: None) -> None:
        self._lifted = lifted
        self._standing: dict[str, str] = {}
        self._asked: dict[str, Callable[[], str]] = {}
        self._asked_of_site: dict[str, Callable[[Endpoint], str]] = {}

    def put(self, name: str, why: str) -> None:
        """Let all writes wait from now on.

        Args:
            name: Which hold it is; put again, it has another reason.
            why: The reason, as what follows "not written: ".
        """
        self._standing[name] = why

    def lift(self, name: str) -> None:
        """End a hold; one that is not there is as good as lifted."""
        if self._standing.pop(name, None) is not None:
            self._lifted()

    def ask(self, name: str, why_not: Callable[[], str]) -> None:
        """Ask from now on, whenever somebody wants to write, what speaks against it; "" is no objection.

        Nobody hears of the end of such a hold: who waits for it asks again after a while.
        """
        self._asked[name] = why_not

    def ask_of_site(self, name: str, why_not: Callable[[Endpoint], str]) -> None:
        """Ask likewise what speaks against a write to a site, which is what `Endpoint.site` returns."""
        self._asked_of_site[name] = why_not

    def why_not(self, endpoint: Endpoint | None) -> str:
        """Return why nothing may be written now to an endpoint, or (None) anywhere else, or "": the first reason."""
        for why in self._standing.values():
            return why
        for ask in self._asked.values():
            if why := ask():
                return why
        if endpoint is None or not self._asked_of_site:
            return ""
        site = endpoint.site
        return next((why for ask in self._asked_of_site.values() if (why := ask(site))), "")
