"""A second operator of racks, which stands by: it makes nothing, and takes over what the first one has made."""

from pathlib import Path

import pytest
from testbed.plane import ControlPlane

from ..operators import Operator
from .hall import Hall
from .listener import Listener

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def test_one_that_stands_by_takes_over_every_rack(
    collecting: ControlPlane, hall: Hall, bus: Listener, tmp_path: Path
) -> None:
    """What the first has made is what is there; what is lost after it ended is made again, and counted on."""
    where = collecting.kubeconfig, bus.url
    mine = "--namespace", hall.namespace
    hall.template(1, 2, 2)
    hall.rack()
    with Operator(*where, tmp_path / "first.log", *mine, lease="racks-standby") as first:
        hall.until_phase("Ready")
        with Operator(*where, tmp_path / "second.log", *mine, lease="racks-standby", begun="standing by") as second:
            parts = hall.parts()
            hall.template(1, 2, 3)
            hall.until(lambda: len(hall.of("racknodes")) == 6, "the first one follows the template")
            assert "took over" not in second.log
            assert first.process is not None
            first.process.terminate()
            assert first.process.wait(30) == 0
            hall.until(lambda: "looking after" in second.log, "it takes over")
            lost = next(iter(hall.of("racknodes")))
            hall.delete("racknodes", lost)
            hall.until(lambda: len(hall.of("racknodes")) == 6, "it is made again")
            hall.until_phase("Ready")
            now = hall.parts()
            assert parts.keys() <= now.keys()
            kept = parts.keys() - {lost}
            assert {now[name]["metadata"]["uid"] for name in kept} == {parts[name]["metadata"]["uid"] for name in kept}
