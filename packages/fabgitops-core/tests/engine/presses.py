"""An engine with rollouts, PLCs and their devices, before an API server in memory: it can be killed at any time."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fabgitops_core.api.meta import API_VERSION, Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCStatus
from fabgitops_core.api.setpoint.marks import ABORT
from fabgitops_core.api.setpoint.setpointrollout import SETPOINT_ROLLOUT
from fabgitops_core.api.setpoint.status import SetpointRolloutStatus
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.requests import Endpoint
from fabgitops_core.control.plc.table import PlcController
from fabgitops_core.control.setpoint.table import SetpointRolloutController
from fabgitops_core.engine.engine import Engine
from fabgitops_core.testing.apiserver import FakeApiServer
from fabgitops_core.testing.bus import FakeBus
from fabgitops_core.testing.devices import FakeDevices, FakePlc
from fabgitops_core.testing.host import FakeHost, FakeObserver
from fabgitops_core.testing.objects import FakeObjects

START = datetime(2026, 1, 1, tzinfo=UTC)
ROLLOUT = Key(SETPOINT_ROLLOUT.name, "hall", "speed")
OLD, NEW = 2500, 2600
ADDRESS = 4001
WAVES = [{"count": 1, "bakeSeconds": 10}, {"percent": 50, "bakeSeconds": 10}, {"percent": 100, "bakeSeconds": 10}]
LABELS = {"line": "a"}


class Told(FakeObjects):
    """Objects whose changes are declared, as a watch would."""

    def __init__(self, api: FakeApiServer, tell: Callable[[Key], None]) -> None:
        super().__init__(api)
        self._tell = tell

    async def annotate(self, key: Key, *args: Any, **more: Any) -> None:
        """Annotate, and declare the object as it is then."""
        await super().annotate(key, *args, **more)
        self._tell(key)


class Presses:
    """Presses that are led: `spec` is what the rollout says."""

    def __init__(self, count: int, **spec: Any) -> None:
        self.time = asyncio.get_running_loop().time
        self.api = FakeApiServer([SETPOINT_ROLLOUT, INDUSTRIAL_PLC], self.now)
        self.devices = FakeDevices()
        self.bus = FakeBus()
        self.stored: dict[Key, Any] = {}
        self.names = [f"press-{number:02}" for number in range(1, count + 1)]
        for name in self.names:
            self.device(name)[ADDRESS] = OLD
        self._create(ROLLOUT, {"selector": {"matchLabels": LABELS}, "order": self.names, "waves": WAVES, **spec})
        for name in self.names:
            self._create(self.key(name), self._spec(name, OLD))
        self.begin()

    # --- the process --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a process, which knows what is stored."""
        self.host, self.observer = FakeHost(), FakeObserver()
        objects = Told(self.api, self.tell)
        self.engine = Engine(self.devices, self.host, self.observer, self.now, objects, self.bus)
        self.rollouts, self.plcs = SetpointRolloutController(settle_secs=2), PlcController(settle_secs=0)
        for key in (ROLLOUT, *map(self.key, self.names)):
            self.tell(key)
        self.engine.listed(SETPOINT_ROLLOUT.name, None)
        self.engine.listed(INDUSTRIAL_PLC.name, None)

    async def kill(self) -> None:
        """Let the process be gone, with what was stored until then, and another begin."""
        await self.engine.stop(0.0)
        for key in (ROLLOUT, *map(self.key, self.names)):
            if (status := self.host.status(key)) is not None:
                self.stored[key] = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        self.begin()

    def tell(self, key: Key) -> None:
        """Tell the engine how an object stands."""
        controller: Any = self.rollouts if key == ROLLOUT else self.plcs
        body = {**self.api[key], "status": self.stored.get(key, {})}
        self.engine.declare(key, controller, declared(controller.kind, body, self.now(), led=key != ROLLOUT))

    # --- what people do -----------------------------------------------------------------------------------------------

    def git(self, value: int) -> None:
        """Let Git want something of all presses."""
        for name in self.names:
            self.api.edit(self.key(name), {"spec": self._spec(name, value)})
            self.tell(self.key(name))

    def abort(self) -> None:
        """Give up what is under way."""
        self.api.edit(ROLLOUT, {"metadata": {"annotations": {ABORT: self.status.revision}}})
        self.tell(ROLLOUT)

    # --- what is seen -------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the time of day by the loop's clock."""
        return START + timedelta(seconds=self.time())

    def key(self, name: str) -> Key:
        """Return the full name of a press."""
        return Key(INDUSTRIAL_PLC.name, ROLLOUT.namespace, name)

    def device(self, name: str) -> FakePlc:
        """Return the device of a press."""
        return self.devices[Endpoint(f"10.0.0.{int(name[-2:])}", 502)]

    @property
    def status(self) -> SetpointRolloutStatus:
        """Return how the rollout says that it stands."""
        status = self.host.status(ROLLOUT)
        return status if isinstance(status, SetpointRolloutStatus) else SetpointRolloutStatus()

    def plc(self, name: str) -> IndustrialPLCStatus:
        """Return how a press says that it stands."""
        status = self.host.status(self.key(name))
        assert isinstance(status, IndustrialPLCStatus)
        return status

    def holding(self, value: int) -> list[str]:
        """Return the presses whose devices hold something."""
        return [name for name in self.names if self.device(name)[ADDRESS] == value]

    def written(self) -> dict[str, list[int]]:
        """Return what was written to each device."""
        return {name: [each.values[0] for each in self.device(name).writes] for name in self.names}

    async def until(self, phase: str, wave: int = 0) -> None:
        """Wait until the rollout stands somewhere; the test's time limit ends what never is."""
        while self.status.phase.value != phase or (wave and self.status.wave != wave):
            await asyncio.sleep(0.1)

    def _create(self, key: Key, spec: Mapping[str, Any]) -> None:
        metadata = {"name": key.name, "namespace": key.namespace, "labels": dict(LABELS)}
        self.api.create({"apiVersion": API_VERSION, "kind": key.kind, "metadata": metadata, "spec": dict(spec)})

    def _spec(self, name: str, value: int) -> dict[str, Any]:
        address = f"10.0.0.{int(name[-2:])}"
        return {"deviceAddress": address, "targetRegister": ADDRESS, "targetValue": value, "pollIntervalSecs": 5}
