"""Power is switched as a spec says, gracefully first, once, and never without a wish."""

from dataclasses import replace

import pytest
from fabgitops_core.api.rack.bmcstatus import PowerOutcome

from .played import BOARD, LINK, Played, machine, power_answer, spec

SECOND = "/redfish/v1/Systems/2"


def test_without_a_wish_nothing_is_ever_switched() -> None:
    """A BMC whose spec says nothing of power is only looked at, whatever its machines are."""
    played = Played()
    played.declare()
    for power in ("Off", "On", "PoweringOff", "", "Paused"):
        played.machines[LINK] = machine(power=power)
        played.look(60)
    assert played.sent == []
    assert played.ready() == ("True", "Known")


def test_a_machine_is_switched_on_once_and_seen_to_follow() -> None:
    """A wish for On sends On once it has settled, with its record stored before, and reads back until it holds."""
    played = Played(follows=False)
    played.declare(spec(power="On"))
    played.look()
    assert played.sent == []
    assert played.ready() == ("False", "Settling")
    played.look(10)
    played.look(5)
    assert played.sent == [(LINK, "On")]
    assert played.ready() == ("False", "PowerSwitching")
    assert played.wake == 5
    played.machines[LINK] = machine(power="PoweringOn")
    played.look(5)
    assert played.system().power_state == "PoweringOn"
    assert played.ready() == ("False", "PowerSwitching")
    played.machines[LINK] = machine(power="On")
    played.look(5)
    assert played.sent == [(LINK, "On")]
    assert played.outcome() is PowerOutcome.REACHED
    assert played.ready() == ("True", "Known")
    assert played.notices == ["PowerRequested", "PowerReached"]


@pytest.mark.parametrize(
    ("off", "sent"), [("Graceful", ["GracefulShutdown"]), ("Force", ["GracefulShutdown", "ForceOff"])]
)
def test_off_asks_first_and_cuts_only_by_leave(off: str, sent: list[str]) -> None:
    """Off is asked for gracefully; who does not follow is forced after five minutes, where the spec says so."""
    played = Played({LINK: machine(power="On")}, follows=False)
    played.declare(spec(power="Off", powerOff=off))
    played.settle()
    played.look(250)
    assert [reset for _, reset in played.sent] == ["GracefulShutdown"]
    for _ in range(10):
        played.look(60)
    assert [reset for _, reset in played.sent] == sent
    assert played.ready() == ("False", "PowerNotAsWished")
    assert played.notices[-1] == "PowerNotReached"


def test_an_unknown_outcome_is_looked_at_and_never_repeated() -> None:
    """A request that was not answered is not sent again, however long the machine does not follow."""
    played = Played(answers=power_answer("lost"))
    played.declare(spec(power="On"))
    for _ in range(20):
        played.look(30)
    assert len([each for each in played.asked if type(each).__name__ == "SetPower"]) == 0
    assert played.notices.count("PowerRequested") == 1
    assert played.outcome() is PowerOutcome.NOT_REACHED
    played.answers = lambda _request: None
    played.machines[LINK] = machine(power="On")
    played.look(120)
    assert played.ready() == ("True", "Known")
    assert played.sent == []


def test_after_a_restart_the_record_counts() -> None:
    """An operator that died between record and answer does not send again: it looks, and says that nobody knows."""
    played = Played(follows=False)
    played.declare(spec(power="On"))
    played.settle()
    assert played.sent == [(LINK, "On")]
    played.restart()
    played.declare()
    for _ in range(10):
        played.look(60)
    assert played.sent == [(LINK, "On")]
    assert played.ready() == ("False", "PowerNotAsWished")


def test_what_a_bmc_refuses_is_said_and_not_repeated_until_somebody_forces_it() -> None:
    """A refused request is told; a forced sync tries once more, and once only."""
    played = Played(answers=power_answer("refused"))
    played.declare(spec(power="On"))
    played.settle()
    played.look(120)
    assert played.notices.count("PowerRefused") == 1
    assert "refused On" in (played.stored.message if played.stored else "")
    played.answers = lambda _request: None
    played.look(120)
    assert played.sent == []
    played.declare(force="again")
    played.look(5)
    assert played.sent == [(LINK, "On")]
    played.machines[LINK] = machine(power="Off")
    played.restart()
    played.declare()
    played.look(20)
    played.look(20)
    assert played.sent == [(LINK, "On")]


def test_what_was_certainly_not_done_is_tried_at_the_next_poll() -> None:
    """A BMC that is busy, and a record that is not stored, cost nothing but time."""
    played = Played(answers=power_answer("busy"))
    played.declare(spec(power="On"))
    played.settle()
    assert played.system().power is None
    played.answers = power_answer("unrecorded")
    played.look(120)
    assert played.system().power is None
    played.answers = lambda _request: None
    played.look(120)
    assert played.sent == [(LINK, "On")]


def test_only_what_a_bmc_takes_is_sent() -> None:
    """A ResetType that is not among the allowable ones is not sent; what would do is said."""
    played = Played({LINK: machine(power="On", resets=("On", "ForceOff"))})
    played.declare(spec(power="Off"))
    played.settle()
    assert played.sent == []
    assert "takes no GracefulShutdown but On, ForceOff; powerOff: Force would allow ForceOff" in (
        played.stored.message if played.stored else ""
    )
    played.declare(spec(power="Off", powerOff="Force"))
    played.settle()
    assert played.sent == [(LINK, "ForceOff")]


def test_force_on_serves_where_on_is_not_taken() -> None:
    """A BMC that takes ForceOn only is sent that."""
    played = Played({LINK: machine(resets=("ForceOn", "ForceOff"))})
    played.declare(spec(power="On"))
    played.settle()
    assert played.sent == [(LINK, "ForceOn")]


@pytest.mark.parametrize("power", ["", "Paused", "Sleeping"])
def test_a_machine_that_does_not_say_how_it_is_is_not_switched(power: str) -> None:
    """Without a power state that is On or Off nothing is sent, and the status says why."""
    played = Played({LINK: machine(power=power)})
    played.declare(spec(power="On"))
    played.settle()
    assert played.sent == []
    assert played.ready() == ("False", "PowerNotAsWished")


def test_two_who_want_one_machine_switch_nothing() -> None:
    """While somebody else wants the same BMC or machine nothing is switched, and the other's name is said."""
    played = Played()
    played.declare(spec(power="On"))
    played.look()
    played.contest({"mac 00:25:90:00:00:01": "plant/rack-02-c0s0b0"})
    played.settle()
    assert played.sent == []
    assert played.ready() == ("False", "Conflict")
    assert "plant/rack-02-c0s0b0" in (played.stored.message if played.stored else "")
    assert played.notices == ["Conflict"]
    played.contest({})
    played.look(120)
    assert played.sent == [(LINK, "On")]


def test_another_bmc_at_the_address_is_not_asked_for_power() -> None:
    """A BMC whose MAC address is not the one that the spec gives is told of, and switches nothing."""
    played = Played()
    played.declare(spec(power="On", macAddress="00-25-90-00-00-02"))
    played.settle()
    assert played.sent == []
    assert played.ready() == ("False", "IdentityMismatch")
    assert played.stored is not None
    assert BOARD.macs[0] in played.stored.message


def test_a_machine_that_fell_back_is_switched_again_only_after_a_rest() -> None:
    """A machine that was seen on and is off again is switched on again, after five minutes at the soonest."""
    played = Played()
    played.declare(spec(power="On"))
    played.settle()
    played.look(5)
    played.machines[LINK] = machine(power="Off")
    played.look(120)
    assert played.sent == [(LINK, "On")]
    played.look(300)
    assert played.sent == [(LINK, "On")] * 2


def test_each_machine_of_a_shared_bmc_is_switched_by_itself() -> None:
    """Of two machines only the one that is not as wished is switched, and the other's reading is not taken for news."""
    played = Played({LINK: machine(power="On"), SECOND: machine(link=SECOND)}, follows=False)
    played.declare(spec(power="On"))
    played.settle()
    assert played.sent == [(SECOND, "On")]
    played.machines[LINK] = machine(power="Off")
    played.look(5)
    assert played.sent == [(SECOND, "On")]
    played.look(120)
    assert played.sent == [(SECOND, "On"), (LINK, "On")]


def test_a_machine_that_vanishes_and_comes_back_is_not_switched_twice() -> None:
    """The record of a machine that its BMC does not show any more is kept, over a restart too."""
    played = Played({LINK: machine(), SECOND: machine(link=SECOND, power="On")}, follows=False)
    played.declare(spec(power="On"))
    played.settle()
    assert played.sent == [(LINK, "On")]
    gone = played.machines.pop(LINK)
    played.look(120)
    assert played.system().missing is True
    played.restart()
    played.declare()
    played.look(60)
    played.machines[LINK] = replace(gone)
    for _ in range(5):
        played.look(120)
    assert played.sent == [(LINK, "On")]


def test_a_wish_that_is_taken_back_ends_the_matter() -> None:
    """Without power in the spec a request under way is forgotten, and nothing more is sent."""
    played = Played({LINK: machine(power="On")}, follows=False)
    played.declare(spec(power="Off", powerOff="Force"))
    played.settle()
    assert played.sent == [(LINK, "GracefulShutdown")]
    played.declare(spec())
    for _ in range(8):
        played.look(120)
    assert played.sent == [(LINK, "GracefulShutdown")]
    assert played.system().power is None
