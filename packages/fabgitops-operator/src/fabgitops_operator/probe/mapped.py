"""A map that is there already, read from a device: does it mean what one thinks, before anything is applied?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.api.plc.resolving import Unresolved, resolved
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE, IndustrialPLCTemplateSpec
from fabgitops_core.codec.absent import NoValue
from fabgitops_core.codec.types import hex_of
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.plausible import hint_of
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.requests import Endpoint, ReadPlan
from fabgitops_core.engine.device_errors import DeviceError, Unreachable
from fabgitops_core.engine.ports import Device

from fabgitops_operator.probe.targets import TargetError

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """A register of a map, as it was read: its words and what they mean, or why not."""

    point: Point
    raw: str
    text: str
    hint: str = ""
    """What speaks for it being read in another way."""

    @property
    def wanted(self) -> str:
        """Return what it must hold, for people."""
        return self.point.target if self.point.wanted is not None else ""


def spec_of(path: Path) -> IndustrialPLCSpec:
    """Return the one IndustrialPLC of a file, with the template that it names taken from the same file.

    Raises:
        TargetError: The file cannot be read, has none or several, or one that is not valid.
    """
    try:
        bodies = [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if isinstance(each, Mapping)]
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise TargetError(f"--map {path}: {error}") from None
    plcs = [each for each in bodies if INDUSTRIAL_PLC.matches(each)]
    if len(plcs) != 1:
        raise TargetError(f"--map {path} holds {len(plcs)} IndustrialPLCs: give a file with one")
    event = declared(INDUSTRIAL_PLC, plcs[0], datetime.now(UTC))
    if event.spec is None:
        raise TargetError(f"--map {path}: {event.problem}")
    spec: IndustrialPLCSpec = event.spec
    return spec if spec.template_ref is None else _resolved(path, spec, bodies)


def _resolved(path: Path, spec: IndustrialPLCSpec, bodies: list[Body]) -> IndustrialPLCSpec:
    name = spec.template_ref.name if spec.template_ref else ""
    for body in bodies:
        if INDUSTRIAL_PLC_TEMPLATE.matches(body) and (body.get("metadata") or {}).get("name") == name:
            event = declared(INDUSTRIAL_PLC_TEMPLATE, body, datetime.now(UTC))
            template: IndustrialPLCTemplateSpec | None = event.spec
            if template is None:
                raise TargetError(f"--map {path}: template {name}: {event.problem}")
            try:
                return resolved(spec, template).spec
            except Unresolved as error:
                raise TargetError(f"--map {path}: {error}") from None
    raise TargetError(f"--map {path}: its template {name} is not in it: put both into one file")


def points_of(spec: IndustrialPLCSpec, endpoint: Endpoint) -> Sequence[Point]:
    """Return the registers of a spec, at the endpoint that is looked at instead of the one that it names."""
    connection = spec.connection.model_copy(update={"transport": endpoint.transport})
    at = {"device_address": endpoint.host, "port": endpoint.port, "connection": connection}
    return map_of(spec.model_copy(update=at), "", {}).points


async def read(device: Device, point: Point, timeout: float, told: Callable[[str], None]) -> Read:
    """Return a register as the device has it.

    Raises:
        Unreachable: There is no connection.
    """
    told(point.label)
    place = point.place.read
    plan = ReadPlan(place.device.endpoint, place.device.unit_id, point.start, place.codec.span, place.table)
    try:
        words = place.codec.of_span(await device.read(plan, timeout=timeout))
    except Unreachable:
        raise
    except DeviceError as error:
        return Read(point, "", str(error))
    try:
        in_sync = point.wanted is not None and point.shows(words, point.wanted)
        return Read(point, hex_of(words), point.shown(words), hint_of(point, words, in_sync=in_sync) or "")
    except NoValue:
        return Read(point, hex_of(words), "no value")
    except ValueError as error:
        return Read(point, hex_of(words), f"means nothing: {error}")
