"""Who leads whom: what those who lead a fleet are told of it, and when."""

from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.control.events import Declared, Due, Led
from fabgitops_core.control.holding import HoldReason
from fabgitops_core.control.members import Facts, Standing
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.state import PlcState
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.engine.leading import MUSTER_SECS

from .conftest import Bench
from .crews import NAMESPACE, CaptainController, CaptainSpec, ChartSpec, Crews, SailorSpec


async def test_a_leader_is_shown_those_with_its_labels(crews: Crews) -> None:
    """A pass of one who leads begins with the facts of just those that it selects, whoever was declared first."""
    crews.sailor("bo", "row")
    captain = crews.captain()
    crews.sailor("cy", "cook")
    crews.sailor("di", "sing", deck="b")
    await crews.until(lambda: crews.members(captain) == {"bo": "row", "cy": "cook"})
    (facts,) = [facts for name, facts in crews.musters(captain)[-1].members.items() if name == "bo"]
    assert (facts.uid, dict(facts.labels)) == (
        crews.api[Key("Sailor", NAMESPACE, "bo")]["metadata"]["uid"],
        {"deck": "a"},
    )


async def test_a_member_is_told_who_leads_it(crews: Crews) -> None:
    """A member declared after its leader knows it from the beginning, one declared before is told, by name and uid."""
    before = crews.sailor("bo")
    captain = crews.captain()
    after = crews.sailor("cy")
    await crews.until(lambda: crews.leaders(before) == ["ada"])
    declared = next(event for key, event in crews.observer.events if key == after)
    assert isinstance(declared, Declared)
    assert [(each.name, each.uid) for each in declared.led_by] == [("ada", crews.api[captain]["metadata"]["uid"])]


async def test_nobody_leads_those_of_another_namespace(crews: Crews) -> None:
    """Labels count within a namespace alone."""
    captain = crews.captain()
    event: Declared[Any, Any] = Declared(crews.now(), 1, SailorSpec(task="row"), uid="u", labels={"deck": "a"})
    crews.engine.declare(Key("Sailor", "shore", "bo"), crews.sailors, event)
    crews.sailor("cy")
    await crews.until(lambda: "cy" in crews.members(captain))
    assert crews.members(captain) == {"cy": "row"}
    assert not crews.led_by(Key("Sailor", "shore", "bo"))


async def test_a_quiet_poll_asks_nothing(crews: Crews) -> None:
    """How a member stands is not asked at a poll that finds nothing new, and no leader is woken by it."""
    captain = crews.captain()
    sailor = crews.sailor("bo")
    await crews.until(lambda: crews.members(captain) == {"bo": "row"})
    await crews.rest()
    asked, musters = len(crews.sailors.asked), len(crews.musters(captain))
    due = crews.observer.passes.count(sailor)
    await crews.until(lambda: crews.observer.passes.count(sailor) >= due + 4)
    assert len(crews.sailors.asked) == asked
    assert len(crews.musters(captain)) == musters


async def test_whom_nobody_leads_is_never_asked(crews: Crews) -> None:
    """Without a leader no step of a member costs a question."""
    sailor = crews.sailor("bo")
    crews.sailor("bo", "cook")
    await crews.until(lambda: crews.observer.passes.count(sailor) >= 2)
    assert not crews.sailors.asked


async def test_a_poll_that_makes_something_known_is_news(crews: Crews) -> None:
    """A member that stands otherwise after a poll is shown so to its leader soon, without being declared."""
    captain = crews.captain()
    sailor = crews.sailor("bo", "rest")
    await crews.until(lambda: bool(crews.members(captain)))

    assert Standing.IN_SYNC in crews.standing(captain, "bo")
    await crews.until(lambda: Standing.IN_SYNC not in crews.standing(captain, "bo"))
    last = [event for key, event in crews.observer.events if key == sailor][-1]
    assert isinstance(last, Due)


async def test_much_news_is_one_muster_a_second(crews: Crews) -> None:
    """A leader looks at once at the first news, and at most once a second at whatever comes then; nothing is lost."""
    captain = crews.captain()
    crews.sailor("bo", "start")
    await crews.until(lambda: crews.members(captain) == {"bo": "start"})
    await crews.rest()
    before = len(crews.musters(captain))
    began = crews.time()
    crews.sailor("bo", "first")
    await crews.until(lambda: crews.members(captain) == {"bo": "first"})
    assert crews.time() - began < MUSTER_SECS / 2
    for number in range(50):
        crews.sailor("bo", f"task-{number}")
        await crews.rest(0.05)
    await crews.until(lambda: crews.members(captain) == {"bo": "task-49"})
    assert len(crews.musters(captain)) - before <= (crews.time() - began) / MUSTER_SECS + 2


async def test_news_does_not_put_a_leaders_own_time_off(crews: Crews) -> None:
    """A leader that looks soon of its own accord does so, whatever is news meanwhile."""
    captain = crews.captain()
    crews.sailor("bo")
    await crews.until(lambda: bool(crews.members(captain)))
    before = len(crews.musters(captain))
    began = crews.time()
    crews.captain(plan="p")  # it wakes itself at once when it is declared
    crews.sailor("bo", "cook")
    await crews.until(lambda: len(crews.musters(captain)) > before)
    assert crews.time() - began < MUSTER_SECS / 2


async def test_a_leader_does_not_put_news_off(crews: Crews) -> None:
    """One that wants to look much later, for it does not know yet of what is news, looks soon all the same."""
    captain = crews.captain()
    crews.sailor("bo")
    await crews.until(lambda: crews.members(captain) == {"bo": "row"})
    crews.captains.looks = 1e6
    crews.sailor("bo", "cook")
    crews.captain(plan="p")
    began = crews.time()
    await crews.until(lambda: crews.members(captain) == {"bo": "cook"})
    assert crews.time() - began < MUSTER_SECS * 2


async def test_nobody_leads_before_all_are_listed(crews: Crews) -> None:
    """A leader does not look at members of which not all are known yet: those it lacks would count for none."""
    began = Crews(listed=False)
    try:
        captain = began.captain()
        began.sailor("bo")
        await began.rest()
        assert not began.musters(captain)
        began.engine.listed("Sailor", "shore")
        await began.rest()
        assert not began.musters(captain)
        began.engine.listed("Sailor", NAMESPACE)
        await began.until(lambda: began.members(captain) == {"bo": "row"})
    finally:
        await began.engine.stop(1.0)


async def test_a_leader_waits_until_each_knows_it(crews: Crews) -> None:
    """Whoever turns out to lead many looks when each was told that it is led, and at all of them."""
    for number in range(300):
        crews.sailor(f"s{number}")
    captain = crews.captain()
    await crews.until(lambda: bool(crews.musters(captain)))
    assert len(crews.musters(captain)[0].members) == 300
    told = [key for key, event in crews.observer.events if isinstance(event, Led)]
    assert len(told) == 300


async def test_a_label_that_changes_moves_a_member(crews: Crews) -> None:
    """Who gets other labels is led by others, and both are shown that."""
    ada, eve = crews.captain("ada"), crews.captain("eve", crew={"deck": "b"})
    sailor = crews.sailor("bo")
    await crews.until(lambda: crews.members(ada) == {"bo": "row"})
    crews.sailor("bo", deck="b")
    await crews.until(lambda: crews.members(eve) == {"bo": "row"} and not crews.members(ada))
    assert crews.leaders(sailor) == ["eve"]


async def test_two_who_lead_one_are_told_of_each_other(crews: Crews) -> None:
    """Of a member of two each is told who else leads it, the member of both; when one goes the other is alone again."""
    ada, eve = crews.captain("ada"), crews.captain("eve", crew={"watch": "dog"})
    both = crews.sailor("bo", watch="dog")
    crews.sailor("cy")
    await crews.until(lambda: crews.leaders(both) == ["ada", "eve"])
    await crews.until(lambda: crews.shown(ada).rivals == {"bo": "eve"})
    await crews.until(lambda: crews.shown(eve).rivals == {"bo": "ada"})
    crews.remove(eve)
    await crews.until(lambda: not crews.shown(ada).rivals)
    await crews.until(lambda: crews.leaders(both) == ["ada"])


async def test_a_leader_that_goes_leaves_its_members_without(crews: Crews) -> None:
    """When one who leads is deleted, or not valid any more, members are told that nobody leads them."""
    captain = crews.captain()
    sailor = crews.sailor("bo")
    assert crews.leaders(sailor) == ["ada"]
    crews.engine.declare(captain, crews.captains, Declared(crews.now(), 9, None, "bad"))
    await crews.until(lambda: not crews.leaders(sailor))
    crews.captain()
    await crews.until(lambda: crews.leaders(sailor) == ["ada"])
    crews.remove(captain)
    await crews.until(lambda: not crews.leaders(sailor))


async def test_a_name_that_is_used_again_is_another(crews: Crews) -> None:
    """A member, or a leader, of a name that somebody had before has a uid of its own, and nothing of the other's."""
    captain = crews.captain()
    sailor = crews.sailor("bo", "old")
    await crews.until(lambda: crews.members(captain) == {"bo": "old"})
    crews.remove(sailor)
    await crews.until(lambda: not crews.members(captain))
    crews.sailor("bo", "new")
    await crews.until(lambda: crews.members(captain) == {"bo": "new"})
    assert crews.musters(captain)[-1].members["bo"].uid == crews.api[sailor]["metadata"]["uid"]
    crews.remove(captain)
    crews.captain()
    uid = crews.api[captain]["metadata"]["uid"]
    await crews.until(lambda: [each.uid for each in crews.led_by(sailor)] == [uid])


async def test_members_are_told_their_place_when_it_changes(crews: Crews) -> None:
    """A member hears of the plan when its own place in it is another one, and of nothing else."""
    crews.captain()
    bo, cy = crews.sailor("bo"), crews.sailor("cy")
    crews.captain(plan="north")
    await crews.until(lambda: [each.place for each in (*crews.led_by(bo), *crews.led_by(cy))] == ["north/b", "north/c"])
    await crews.rest()
    told = len(crews.observer.events)
    crews.captain(plan="north", order="")
    await crews.rest()
    assert not [event for _, event in crews.observer.events[told:] if isinstance(event, Led)]


async def test_what_a_leader_consults_is_offered_to_it(crews: Crews) -> None:
    """Whatever a leader consults comes with its pass: what it offers, or why not; a change of it begins another."""
    captain = crews.captain(charts=["east", "west"])
    crews.chart("east", "reefs")
    await crews.until(lambda: bool(crews.musters(captain)))

    def shown(name: str) -> tuple[object, str]:
        spec, problem = crews.shown(captain).offers["Chart", name]
        return isinstance(spec, ChartSpec) and spec.shows, problem

    await crews.until(lambda: shown("east") == ("reefs", ""))
    assert shown("west") == (False, "")
    east = crews.chart("east", "sand")
    await crews.until(lambda: shown("east") == ("sand", ""))
    west = crews.chart("west", "ice")
    await crews.until(lambda: shown("west") == ("ice", ""))
    crews.remove(west)
    await crews.until(lambda: shown("west") == (False, ""))
    before = len(crews.musters(captain))
    crews.captain(charts=["west"])
    await crews.until(lambda: len(crews.musters(captain)) > before)
    assert set(crews.musters(captain)[-1].offers) == {("Chart", "west")}
    await crews.rest()
    before = len(crews.musters(captain))
    crews.remove(east)
    await crews.rest()
    assert len(crews.musters(captain)) == before


async def test_a_member_that_a_fault_has_struck_has_failed(crews: Crews) -> None:
    """A member of which nothing is in force by a fault of ours stays one, as it stood, and has failed; then is well."""
    captain = crews.captain()
    crews.sailors.poisoned = {"rum"}
    crews.sailor("bo", "row")
    await crews.until(lambda: crews.members(captain) == {"bo": "row"})
    crews.sailor("bo", "rum")
    await crews.until(lambda: Standing.FAILED in crews.standing(captain, "bo"))
    facts = crews.shown(captain).members["bo"]
    assert (facts.wanted, Standing.IN_SYNC in facts.standing, "rum" in facts.why) == ("row", False, True)
    crews.sailor("bo", "cook")
    await crews.until(lambda: Standing.FAILED not in crews.standing(captain, "bo"))
    facts = crews.shown(captain).members["bo"]
    assert (facts.wanted, facts.why) == ("cook", "")


async def test_a_member_struck_at_first_counts_all_the_same(crews: Crews) -> None:
    """A member that a fault of ours struck when it was declared first is shown to its leader, as one that failed."""
    captain = crews.captain()
    crews.sailors.poisoned = {"rum"}
    crews.sailor("bo", "rum")
    crews.sailor("cy")
    await crews.until(lambda: set(crews.members(captain)) == {"bo", "cy"})
    facts = crews.musters(captain)[-1].members["bo"]
    assert facts.standing == Standing.FAILED
    assert facts.uid


async def test_a_fault_in_saying_how_it_stands_ends_no_member(crews: Crews) -> None:
    """A member that cannot say how it stands has failed, is asked again later, and goes on looking around."""
    captain = crews.captain()
    crews.sailors.broken = {"rum"}
    sailor = crews.sailor("bo", "rum")
    await crews.until(
        lambda: (
            Standing.FAILED in crews.musters(captain)[-1].members["bo"].standing
            if crews.members(captain) is not None
            and crews.musters(captain)
            and "bo" in crews.musters(captain)[-1].members
            else False
        )
    )
    assert not crews.engine.is_struck(sailor)
    assert (sailor, "facts") in crews.observer.faults
    crews.sailors.broken = set()
    await crews.until(lambda: Standing.FAILED not in crews.standing(captain, "bo"))


async def test_a_leader_that_a_fault_has_struck_goes_on_leading(crews: Crews) -> None:
    """Nobody takes over whom one leads that cannot say so by a fault of ours; declared anew it leads on."""
    ada, eve = crews.captain("ada"), crews.captain("eve")
    sailor = crews.sailor("bo")
    await crews.until(lambda: crews.leaders(sailor) == ["ada", "eve"])
    crews.captains.broken = "selects"
    crews.captain("ada", plan="x")
    await crews.rest()
    assert crews.engine.is_struck(ada)
    assert crews.shown(eve).rivals == {"bo": "ada"}
    crews.captains.broken = ""
    crews.captain("ada", crew={"deck": "b"})
    await crews.until(lambda: crews.leaders(sailor) == ["eve"])
    await crews.until(lambda: not crews.shown(eve).rivals)


async def test_a_place_is_told_when_a_fault_is_over(crews: Crews) -> None:
    """Where members stand in a plan that came with a fault of ours they are told when their leader is well again."""
    crews.captain()
    sailor = crews.sailor("bo")
    await crews.until(lambda: crews.leaders(sailor) == ["ada"])
    crews.captains.broken = "selects"
    crews.captain(plan="north")
    await crews.rest()
    crews.captains.broken = ""
    crews.captain(plan="north")
    await crews.until(lambda: [each.place for each in crews.led_by(sailor)] == ["north/b"])


class LedPlc(PlcController):
    """A PLC that others may lead, and that stands in any way."""

    def facts(self, state: PlcState) -> Facts | None:
        """Return that it is there."""
        return Facts("u", "", "", 0, Standing.VALID)


async def test_nothing_is_written_by_one_that_does_not_know_yet_who_leads_it(bench: Bench) -> None:
    """From when somebody leads a PLC until it was told, writes wait where it writes, and nowhere else."""
    for number in range(3):
        key, address = Key("IndustrialPLC", NAMESPACE, f"plc-{number}"), f"10.0.0.{number}"
        given = {"deviceAddress": address, "targetRegister": 1, "targetValue": 5, "pollIntervalSecs": 60}
        spec = IndustrialPLCSpec.model_validate(given)
        labels = {"deck": "a" if number < 2 else "b"}
        bench.engine.declare(key, LedPlc(settle_secs=0), Declared(bench.now(), 1, spec, uid=key.name, labels=labels))

    def held() -> list[HoldReason]:
        holds = (bench.engine.holds.hold(Endpoint(f"10.0.0.{number}", 502)) for number in range(3))
        return [hold.reason for hold in holds if hold is not None]

    captains = CaptainController()
    captains.leads = lambda: "IndustrialPLC"  # type: ignore[method-assign]
    captain: Declared[Any, Any] = Declared(bench.now(), 1, CaptainSpec(crew={"deck": "a"}), uid="c")
    bench.engine.declare(Key("Captain", NAMESPACE, "ada"), captains, captain)
    assert held() == [HoldReason.ROLLOUTS, HoldReason.ROLLOUTS]
    await bench.until(lambda: not held())
    told = [key.name for key, event in bench.observer.events if isinstance(event, Led)]
    assert told == ["plc-0", "plc-1"]
