"""Who leads whom, by labels: what leaders are told of their members, and members of their leaders.

A member's facts are asked for when a step of it was told something new or made a status known, never at a poll that
finds all as it was. Whoever leads is told of all its members at the beginning of a pass, and a second later of
whatever was news in between. One that a fault of ours has struck goes on leading whom it led: nobody else takes them
over for that.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from fabgitops_core.api.meta import NOTHING, Key
from fabgitops_core.control.events import Declared, Led, Mustered, fault_message
from fabgitops_core.control.members import NOBODY_LEADS, Facts, Leading, Members, Standing
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.engine.bands import UNPLACED, Band, Bands
from fabgitops_core.engine.consulting import Offer
from fabgitops_core.engine.entries import Entry
from fabgitops_core.engine.errands import Errands
from fabgitops_core.engine.isolation import Isolation

MUSTER_SECS = 1.0
"""Whoever leads is told of news of its members at most once in so many seconds, and of the first at once."""

CHANGED = "who leads a resource has changed"


class Leadership:
    """Keeps who leads whom.

    Args:
        entries: All resources.
        isolation: Asks them, and tells them.
        wake: Lets a resource be looked at in so many seconds at the latest.
        time: The loop's clock, in seconds.
        now: The time of day.
        offers: What those offer whom a resource consults.
        site: Where a resource wants to write, None for nowhere.
        settle: Called after a member was told who leads it.
        done: Told after each who was told.
    """

    def __init__(
        self,
        entries: Mapping[Key, Entry],
        isolation: Isolation,
        wake: Callable[[Key, float], None],
        time: Callable[[], float],
        now: Callable[[], datetime],
        offers: Callable[[Key], Mapping[tuple[str, str], Offer]],
        site: Callable[[Key], Endpoint | None],
        settle: Callable[[Entry], None],
        done: Callable[[], None],
    ) -> None:
        self._entries = entries
        self._isolation = isolation
        self._wake = wake
        self._time = time
        self._now = now
        self._offers = offers
        self._write_site = site
        self._settle = settle
        self._bands = Bands()
        self._listed: set[tuple[str, str | None]] = set()
        self._asking: Entry | None = None
        self._errands = Errands(self._tell, self._site, done, CHANGED)

    def why_not(self, site: Endpoint) -> str:
        """Return what speaks against a write to a site: somebody there does not know yet who leads it."""
        return self._errands.why_not(site)

    async def stop(self) -> None:
        """Tell nobody any more."""
        await self._errands.stop()

    # --- what happens -------------------------------------------------------------------------------------------------

    def listed(self, kind: str, namespace: str | None) -> None:
        """Take it that all of a kind was listed once, in a namespace or (None) in all: who leads them may look."""
        if (kind, namespace) not in self._listed:
            self._listed.add((kind, namespace))
            for band in self._bands:
                if band.kind == kind and namespace in {None, band.namespace}:
                    self._stir(band)

    def declares(self, entry: Entry, event: Declared[Any, Any]) -> Declared[Any, Any]:
        """Note the labels of a resource that is about to be told how it stands, and add who leads it to that."""
        entry.uid = event.uid
        if entry.member is None:
            return event
        entry.labels = event.labels
        self._errands.drop(entry.key)
        for band in self._bands.about(entry.key):
            if self._enrols(band, entry):
                self._stir_all(band)
            self._knows(band, entry)
        entry.led_by = self._leaders(entry)
        return replace(event, led_by=entry.led_by) if entry.led_by else event

    def settled(self, entry: Entry) -> None:
        """Look anew whom a resource leads, after it was told something; one that is gone leads nobody."""
        leader, band = entry.leader, self._bands.of(entry)
        if leader is None:
            return
        if entry.gone:
            self._bands.drop(entry.key)
            self._changed(band, band.led.values() if band else ())
            return
        if entry.dead:
            if band is not None:
                band.places = UNPLACED
            return
        band = band or self._bands.add(entry, leader.leads())
        band.selects = self._isolation.ask(entry, "selects", lambda: leader.selects(entry.state), band.selects)
        led = self._isolation.ask(entry, "selects", partial(self._selected, band), band.led)
        before, band.led = band.led, led
        band.untold.intersection_update(led)
        joined = [each for name, each in led.items() if name not in before]
        band.untold.update(each.key.name for each in joined)
        self._changed(band, (*joined, *(each for name, each in before.items() if name not in led)))
        self._placed(entry, band)

    def removed(self, entry: Entry) -> None:
        """Forget a resource that is gone."""
        self._errands.drop(entry.key)
        for band in self._bands.about(entry.key):
            if band.led.pop(entry.key.name, None) is not None:
                self._knows(band, entry)
                self._stir_all(band)

    def reconsider(self, entry: Entry) -> None:
        """Let a leader look, for somebody whom it consults offers something else now."""
        if (band := self._bands.of(entry)) is not None:
            self._stir(band)

    def stepped(self, entry: Entry) -> None:
        """Take it that a resource was told something, or said something: it may stand otherwise now, or lead others."""
        if entry.gone:
            return
        self.look(entry)
        band = self._bands.of(entry) if entry.leader is not None else None
        if band is not None:
            self._placed(entry, band)
            if entry.news:
                self._wake(entry.key, self._pause(band))  # whatever its controller thought before it knew

    def revived(self, entry: Entry) -> None:
        """Tell a member what it missed, that a fault had struck for so long."""
        if entry.member is not None and self._leaders(entry) != entry.led_by:
            self._errands.add([entry.key])

    def look(self, entry: Entry) -> None:
        """Ask how a member stands, and let those look who lead it where that is news."""
        if not entry.led_by or entry is self._asking:
            return
        facts = self._facts(entry)
        if facts != entry.facts:
            entry.facts = facts
            for band in self._bands.about(entry.key):
                if entry.key.name in band.led:
                    self._stir(band)

    def again(self, entry: Entry) -> float:
        """Return in how many seconds a leader may look again."""
        band = self._bands.of(entry)
        return 0.0 if band is None else self._pause(band)

    def mustered(self, entry: Entry) -> Mustered | None:
        """Return what begins a pass of a leader; None while not all is known of whom it leads: it is woken then."""
        band = self._bands.of(entry)
        if band is None or band.untold or not self._listed & {(band.kind, None), (band.kind, band.namespace)}:
            return None
        band.began = self._time()
        rivals = self._bands.rivals(band) or NOTHING
        return Mustered(self._now(), self.members(entry), rivals, self._offers(entry.key))

    def members(self, entry: Entry) -> Members:
        """Return how those stand whom a resource leads."""
        band = self._bands.of(entry)
        led = band.led if band is not None else {}
        return {name: each.facts for name, each in led.items() if each.facts is not None}

    # --- who leads whom -----------------------------------------------------------------------------------------------

    def _selected(self, band: Band) -> dict[str, Entry]:
        selects = band.selects
        if selects is None:
            return {}
        return {
            key.name: entry
            for key, entry in self._entries.items()
            if key.kind == band.kind and key.namespace == band.namespace and selects(entry.labels)
        }

    def _enrols(self, band: Band, entry: Entry) -> bool:
        """Let a band have a member, or not have it, by its labels; return whether that is news."""
        name, selects = entry.key.name, band.selects
        was = name in band.led
        question = partial(selects, entry.labels) if selects is not None else bool
        if self._isolation.ask(band.entry, "selects", question, was):
            band.led[name] = entry
            return not was
        return band.led.pop(name, None) is not None

    def _changed(self, band: Band | None, members: Iterable[Entry]) -> None:
        """Tell members that somebody leads them from now on, or does no more, and all who lead there."""
        keys = [each.key for each in members]
        if band is None or not keys:
            return
        for key in keys:
            self._errands.drop(key)
        self._errands.add(keys)
        self._stir_all(band)

    def _placed(self, entry: Entry, band: Band) -> None:
        """Tell the members of one who was told something where they stand in its plan, where that is another now."""
        leader = entry.leader
        if leader is None or entry.dead:
            return
        places = self._isolation.ask(entry, "places", lambda: leader.places(entry.state), band.places)
        if places != band.places:
            band.places = places
            band.known.clear()
            self._errands.add([each.key for each in band.led.values() if self._leaders(each) != each.led_by])

    def _leaders(self, entry: Entry) -> tuple[Leading, ...]:
        """Return who leads a resource, and where it stands in their plans."""
        bands = [band for band in self._bands.about(entry.key) if entry.key.name in band.led]
        if not bands:
            return NOBODY_LEADS
        if len(bands) == 1:
            return self._leading(bands[0], entry)
        return tuple(sorted(each for band in bands for each in self._leading(band, entry)))

    def _leading(self, band: Band, entry: Entry) -> tuple[Leading, ...]:
        """Return a leader, as all are told of it that stand in the same place."""
        leader, state = band.entry.leader, band.entry.state
        place = self._isolation.ask_of(band.entry, "place", leader, lambda it: it.place(state, entry.key.name), "")
        found = band.known.get(place)
        if found is None:
            found = band.known[place] = (Leading(band.entry.key.name, band.entry.uid, place),)
        return found

    # --- who is told --------------------------------------------------------------------------------------------------

    def _tell(self, key: Key) -> None:
        """Tell a member who leads it now."""
        entry = self._entries.get(key)
        if entry is None or entry.member is None:
            return
        try:
            self._told(entry)
        finally:
            for band in self._bands.about(key):
                self._knows(band, entry)

    def _told(self, entry: Entry) -> None:
        by = self._leaders(entry)
        if by != entry.led_by and not entry.dead:
            entry.led_by = by
            self._isolation.step(entry, Led(self._now(), by))
            self._settle(entry)
        if not by:
            entry.facts = None
        elif entry.dead:
            entry.facts = self._facts(entry)

    def _knows(self, band: Band, entry: Entry) -> None:
        """Note that a member knows who leads it: a leader begins when all do."""
        if entry.key.name in band.untold:
            band.untold.discard(entry.key.name)
            if not band.untold:
                band.untold.clear()  # what ten thousand took is given back
                self._stir(band)

    def _site(self, key: Key) -> Endpoint | None:
        """Return where one wants to write that is to be told who leads it: to learn its place keeps nothing back."""
        entry = self._entries[key]
        if {each.uid for each in self._leaders(entry)} == {each.uid for each in entry.led_by}:
            return None
        return self._write_site(key)

    def _stir(self, band: Band) -> None:
        """Let a leader look, soon: once for all that is news until then."""
        entry = band.entry
        if not entry.news and not entry.gone:
            entry.news = True
            self._wake(entry.key, self._pause(band))

    def _stir_all(self, band: Band) -> None:
        """Let all look who lead what a band might: who leads with them is another."""
        for each in self._bands.beside(band):
            self._stir(each)

    def _pause(self, band: Band) -> float:
        return max(0.0, band.began + MUSTER_SECS - self._time())

    # --- how members stand --------------------------------------------------------------------------------------------

    def _facts(self, entry: Entry) -> Facts | None:
        """Return how a member stands; one that a fault of ours has struck has failed, and else stands as it stood."""
        self._asking = entry
        try:
            facts = self._isolation.ask_of(entry, "facts", entry.member, lambda it: it.facts(entry.state), None)
        finally:
            self._asking = None
        if not entry.fault:
            return None if facts is None else facts._replace(labels=entry.labels)
        facts = facts or entry.facts or Facts(entry.uid, "", "", 0, Standing(0))
        standing = (facts.standing | Standing.FAILED) & ~(Standing.IN_SYNC | Standing.PROVEN)
        return facts._replace(standing=standing, why=fault_message(entry.fault), labels=entry.labels)
