"""A look at a BMC: at all that it shows when it is time for that, in between only at machines that are waited for."""

from dataclasses import replace
from datetime import datetime, timedelta

from fabgitops_core.control.commands import Commands, Wake
from fabgitops_core.control.rack.bmc.facts import Found, Machine
from fabgitops_core.control.rack.bmc.identity import identities
from fabgitops_core.control.rack.bmc.requests import Discover, Discovered, DiscoverFailed
from fabgitops_core.control.rack.bmc.resting import rest
from fabgitops_core.control.rack.bmc.state import BmcState
from fabgitops_core.control.rack.bmc.switching import go_on

Step = tuple[BmcState, Commands]


def begun(state: BmcState, at: datetime) -> Step:
    """Begin a look; nothing is asked of what has no address."""
    way, request = state.way, state.request
    if way is None:
        return rest(state, at)
    wished = request is not None and request.token != state.handled
    state = state._replace(anew=request is not None and wished and request.force)
    links = () if wished or not _between(state, at) else state.waiting
    return state, (Discover(way, links, force=state.anew),)


def _between(state: BmcState, at: datetime) -> bool:
    """Return whether all was seen so short a time ago that machines that are waited for are enough."""
    if state.found is None or state.whole is None or state.spec is None:
        return False
    return timedelta() <= at - state.whole < timedelta(seconds=state.spec.poll_interval_secs)


def seen(state: BmcState, event: Discovered) -> Step:
    """Take what a look showed, and go on to what is to be switched."""
    if event.request.way != state.way:
        return state, (Wake(0.0),)  # it is another BMC by now
    links, shown = event.request.links, event.found
    found = _with(state.found, shown) if links and state.found is not None else shown
    same = state.found is not None and identities(state.found) == identities(found)
    there = {machine.link for machine in found.machines}
    state = state._replace(
        found=found,
        whole=state.whole if links else event.at,
        since=state.since if same and state.since is not None else event.at,
        verdicts={link: verdict for link, verdict in state.verdicts.items() if link in there},
        looked=tuple(machine.link for machine in shown.machines),
        failure="",
        denied=False,
        fault="",
    )
    return go_on(state, event.at)


def _with(before: Found, now: Found) -> Found:
    """Return what was seen with machines as they are now; what a short look does not read stays."""
    news = {machine.link: machine for machine in now.machines}
    machines = tuple(_newer(each, news.get(each.link)) for each in before.machines)
    return Found(before.redfish, machines, before.cases, before.boards, before.gaps)


def _newer(before: Machine, now: Machine | None) -> Machine:
    return before if now is None else replace(now, macs=before.macs, resets=before.resets)


def failed(state: BmcState, event: DiscoverFailed) -> Step:
    """Say that a BMC does not answer, and leave it alone for a while; what was decided is decided anew after a look."""
    if event.request.way != state.way:
        return state, (Wake(0.0),)
    state = state._replace(failure=event.failure.message, denied=event.denied, looked=(), settling=False, fault="")
    return rest(state, event.at, event.retry_after)
