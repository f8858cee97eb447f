"""The operator of workloads on the control plane of the gateway, which can be killed and begun anew."""

from pathlib import Path
from typing import Self

from fabgitops_core.control.kinds import DELIVERY_KINDS
from fabgitops_operator.cluster.install import manifests
from testbed import ControlPlane

from ..integration.operators import Operator, install  # noqa: TID252 - tests have no package

ACCOUNT = "system:serviceaccount:fabgitops-system:fabgitops-delivery"


class Delivery:
    """It, under its own role."""

    def __init__(self, plane: ControlPlane, bus: str, prometheus: str, folder: Path) -> None:
        """Prepare it.

        Args:
            plane: Where it finds the API server.
            bus: Where it tells what happens.
            prometheus: What analyses ask.
            folder: Where it says what it does; each time that it is begun in another file.
        """
        self._plane = plane
        self._bus = bus
        self._flags = ("--prometheus", prometheus)
        self._folder = folder
        self._begun: list[Operator] = []

    def __enter__(self) -> Self:
        """Install what it needs, and start it."""
        with self._plane.client() as api:
            install(api, manifests(with_delivery=True), DELIVERY_KINDS)
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End it."""
        self._begun[-1].__exit__(*error)

    def start(self) -> None:
        """Start it, and wait until it looks after what is there."""
        log = self._folder / f"operator-{len(self._begun)}.log"
        operator = Operator(self._plane.kubeconfig_for(ACCOUNT), self._bus, log, *self._flags, kinds="delivery")
        self._begun.append(operator.__enter__())

    def kill(self) -> None:
        """Kill it, so that it can say and do nothing more."""
        process = self._begun[-1].process
        assert process is not None
        process.kill()
        process.wait(30)
