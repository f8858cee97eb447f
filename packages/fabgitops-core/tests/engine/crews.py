"""Kinds of which one leads the other: a captain has a crew by its labels, and gives orders to those who are ready."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import API_VERSION, NOTHING, ApiModel, Key
from fabgitops_core.control.commands import Annotate, Command, Commands, Publish, Wake
from fabgitops_core.control.events import Annotated, AnnotateFailed, Declared, Due, Event, Faulted, Led, Mustered
from fabgitops_core.control.intake import declared
from fabgitops_core.control.members import Facts, Leading, Selects, Standing
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.devices import FakeDevices
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_core.testing.objects import FakeObjects

ORDER = "ship.fabgitops.io/order"
START = datetime(2026, 1, 1, tzinfo=UTC)
NAMESPACE = "ship"


class SailorSpec(ApiModel):
    """What a sailor is to do."""

    task: str


class SailorStatus(ApiModel):
    """What a sailor says."""

    task: str = ""
    problem: str = ""


class CaptainSpec(ApiModel):
    """Whom a captain leads, what it orders (nothing: ""), what the plan is called, and whose charts it reads."""

    crew: dict[str, str]
    order: str = ""
    plan: str = ""
    charts: tuple[str, ...] = ()


class ChartSpec(ApiModel):
    """What is on a chart."""

    shows: str


SAILOR = Kind("Sailor", "sailors", "sailor", (), "A sailor.", SailorSpec, SailorStatus, (), annotations=(ORDER,))
CAPTAIN = Kind("Captain", "captains", "captain", (), "A captain.", CaptainSpec, SailorStatus, ())
CHART = Kind("Chart", "charts", "chart", (), "A chart.", ChartSpec, None, ())


class SailorState(NamedTuple):
    """What a sailor knows."""

    uid: str = ""
    task: str = ""
    order: str = ""
    led_by: tuple[Leading, ...] = ()
    well: bool = True


class SailorController:
    """The decisions of a sailor, which looks around each ten seconds; `asked` counts what was asked of how it stands.

    Those of `broken` fail whoever asks them, those of `poisoned` cannot take what is declared.
    """

    kind = SAILOR

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.poisoned: set[str] = set()

    def start(self, key: Key) -> SailorState:
        """Return that nothing is known."""
        del key
        return SailorState()

    def step(self, state: SailorState, event: Event) -> tuple[SailorState, Commands]:
        """Say what it does now, if that is another than before."""
        if isinstance(event, Declared):
            if event.spec is not None and event.spec.task in self.poisoned:
                raise ValueError(event.spec.task)
            task, order = event.spec.task if event.spec else "", event.annotations.get(ORDER, "")
            now = SailorState(event.uid, task, order, event.led_by, state.well)
            return now, (Publish(SailorStatus(task=task)), Wake(10))
        if isinstance(event, Led):
            return state._replace(led_by=event.by), ()
        if isinstance(event, Due):
            if (well := state.task != "rest") != state.well:
                return state._replace(well=well), (Publish(SailorStatus(task=state.task)), Wake(10))
            return state, (Wake(10),)
        if isinstance(event, Faulted):
            return state, (Publish(SailorStatus(problem=event.cause)),)
        return state, ()

    def facts(self, state: SailorState) -> Facts | None:
        """Return what it is to do, and whether it is well."""
        self.asked.append(state.uid)
        if state.task in self.broken:
            raise ValueError(state.task)
        if not state.uid:
            return None
        standing = Standing.VALID | Standing.IN_SYNC if state.well else Standing.VALID
        return Facts(state.uid, state.task, state.order, 0, standing)


class CaptainState(NamedTuple):
    """What a captain knows."""

    spec: CaptainSpec | None = None
    todo: tuple[Annotate, ...] = ()


class CaptainController:
    """The decisions of a captain; `after` and `recorded` say how it orders, `broken` what fails whoever asks it.

    `looks` is when it looks after it was declared, in seconds.
    """

    kind = CAPTAIN

    def __init__(self) -> None:
        self.after = 0.0
        self.recorded = False
        self.broken = ""
        self.looks = 0.0

    def start(self, key: Key) -> CaptainState:
        """Return that nothing is known."""
        del key
        return CaptainState()

    def step(self, state: CaptainState, event: Event) -> tuple[CaptainState, Commands]:
        """Order those who have another order."""
        if isinstance(event, Declared):
            return state._replace(spec=event.spec), (Wake(self.looks),)
        if isinstance(event, Mustered):
            return self._next(state._replace(todo=self._orders(state, event)), Publish(SailorStatus()))
        if isinstance(event, Annotated):
            return self._next(state)
        if isinstance(event, AnnotateFailed):
            return state._replace(todo=()), (Wake(60),)
        if isinstance(event, Faulted):
            return state, (Publish(SailorStatus(problem=event.cause)),)
        return state, ()

    def _orders(self, state: CaptainState, event: Mustered) -> tuple[Annotate, ...]:
        order = state.spec.order if state.spec else ""
        return tuple(
            Annotate(Key("Sailor", NAMESPACE, name), facts.uid, {ORDER: order}, self.recorded, self.after)
            for name, facts in event.members.items()
            if order and facts.released != order and name not in event.rivals
        )

    def _next(self, state: CaptainState, *first: Command) -> tuple[CaptainState, Commands]:
        if not state.todo:
            return state, first
        return state._replace(todo=state.todo[1:]), (*first, state.todo[0])

    def leads(self) -> str:
        """Return that it leads sailors."""
        return "Sailor"

    def selects(self, state: CaptainState) -> Selects | None:
        """Return that it leads those with its labels."""
        if self.broken == "selects":
            raise ValueError("selects")
        spec = state.spec
        return None if spec is None else lambda labels: spec.crew.items() <= labels.items()

    def place(self, state: CaptainState, name: str) -> str:
        """Return what the plan calls a sailor's place: watches change by their first letter."""
        return f"{state.spec.plan}/{name[0]}" if state.spec and state.spec.plan else ""

    def places(self, state: CaptainState) -> object:
        """Return the plan's name."""
        return state.spec.plan if state.spec else ""

    def consults(self, state: CaptainState) -> frozenset[tuple[str, str]]:
        """Return the charts that it reads."""
        return frozenset(("Chart", name) for name in (state.spec.charts if state.spec else ()))


class ChartController:
    """A chart only offers what it shows."""

    kind = CHART

    def start(self, key: Key) -> ApiModel | None:
        """Return that nothing is known."""
        del key
        return None

    def step(self, state: ApiModel | None, event: Event) -> tuple[ApiModel | None, Commands]:
        """Keep what is declared."""
        return (event.spec if isinstance(event, Declared) else state), ()

    def offer(self, state: ApiModel | None) -> tuple[ApiModel | None, str]:
        """Return what it shows."""
        return state, "" if state else "it is blank"


class Crews:
    """An engine with captains, sailors and charts, before an API server in memory; sailors are `listed` at first."""

    def __init__(self, *, listed: bool = True) -> None:
        self.time = asyncio.get_running_loop().time
        self.api = FakeApiServer([SAILOR, CAPTAIN, CHART], self.now)
        self.objects = FakeObjects(self.api)
        self.host = FakeHost()
        self.observer = FakeObserver()
        self.engine = Engine(FakeDevices(), self.host, self.observer, self.now, self.objects)
        self.captains = CaptainController()
        self.sailors = SailorController()
        if listed:
            self.engine.listed("Sailor", None)

    def now(self) -> datetime:
        """Return the time of day by the loop's clock."""
        return START + timedelta(seconds=self.time())

    def captain(self, name: str = "ada", **spec: Any) -> Key:
        """Declare a captain, new or changed: of deck a unless it says otherwise."""
        return self.declare("Captain", name, {"crew": {"deck": "a"}, **spec})

    def sailor(self, name: str, task: str = "row", deck: str = "a", **labels: str) -> Key:
        """Declare a sailor, new or changed."""
        return self.declare("Sailor", name, {"task": task}, labels={"deck": deck, **labels})

    def chart(self, name: str, shows: str) -> Key:
        """Declare a chart, new or changed."""
        return self.declare("Chart", name, {"shows": shows})

    def declare(self, kind: str, name: str, spec: Mapping[str, Any], labels: Mapping[str, str] = NOTHING) -> Key:
        """Declare an object, new or changed."""
        key = Key(kind, NAMESPACE, name)
        if key in self.api:
            self.api.edit(key, {"spec": dict(spec), "metadata": {"labels": dict(labels)}})
        else:
            metadata = {"name": name, "namespace": NAMESPACE, "labels": dict(labels)}
            self.api.create({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": dict(spec)})
        self.tell(key)
        return key

    def tell(self, key: Key) -> None:
        """Tell the engine how an object stands."""
        controller: Any = {"Captain": self.captains, "Sailor": self.sailors, "Chart": ChartController()}[key.kind]
        event = declared(controller.kind, self.api[key], self.now(), led=key.kind == "Sailor")
        self.engine.declare(key, controller, event)

    def remove(self, key: Key) -> None:
        """Let an object be gone."""
        self.api.remove(key)
        self.engine.remove(key)

    def musters(self, key: Key) -> list[Mustered]:
        """Return what began the passes of a captain."""
        return [event for each, event in self.observer.events if each == key and isinstance(event, Mustered)]

    def shown(self, key: Key) -> Mustered:
        """Return what began the last pass of a captain; before the first it is of nobody."""
        return next(reversed(self.musters(key)), Mustered(START, {}))

    def members(self, key: Key) -> dict[str, str]:
        """Return the tasks of whom a captain was shown last."""
        return {name: facts.wanted for name, facts in self.shown(key).members.items()}

    def standing(self, key: Key, name: str) -> Standing:
        """Return how a sailor stood when its captain was shown it last."""
        facts = self.shown(key).members.get(name)
        return facts.standing if facts else Standing(0)

    def led_by(self, key: Key) -> tuple[Leading, ...]:
        """Return who a sailor was told last that leads it."""
        told = [event for each, event in self.observer.events if each == key and isinstance(event, Led | Declared)]
        last = told[-1]
        return last.by if isinstance(last, Led) else last.led_by

    def leaders(self, key: Key) -> list[str]:
        """Return their names."""
        return [each.name for each in self.led_by(key)]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true; the test's time limit ends what never is."""
        while not true():
            await asyncio.sleep(0)

    async def rest(self, seconds: float = 3.0) -> None:
        """Let time pass, as much as it takes for all that is to happen at once."""
        await asyncio.sleep(seconds)
