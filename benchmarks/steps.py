"""For how long one step of the controller holds the loop, and with it every other PLC: maps of 500 registers."""

import random
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import product
from typing import Any

from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.plc.maps import MAX_REGISTERS
from fabgitops_core.api.plc.template import INDUSTRIAL_PLC_TEMPLATE
from fabgitops_core.codec.types import Words, words_of
from fabgitops_core.control.events import Declared, Referenced
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.judging import blank, judged
from fabgitops_core.control.plc.points import Point
from fabgitops_core.control.plc.state import PlcState
from fabgitops_core.control.plc.table import PlcController
from fabgitops_operator.hosting.http import OnePart
from fabgitops_operator.hosting.lasting import settle_memory
from fabgitops_operator.hosting.metrics import Metrics
from prometheus_client.exposition import generate_latest
from rich.table import Table

TIMES = 20
KINDS = {"float32": ">f", "float64": ">d"}
SCALES = (1, 0.1, 0.3)
AT = datetime(2025, 1, 1, tzinfo=UTC)
KEY = Key("IndustrialPLC", "plant", "oven")
SCRAPED = 20_000


def body(kind: str, scale: float) -> dict[str, Any]:
    """Return a resource with as many registers of a type as one may have."""
    words = struct.calcsize(KINDS[kind]) // 2
    registers = [
        {"name": f"r{at}", "address": at * words, "type": kind, "scale": scale, "value": 21.5, "tolerance": 200}
        for at in range(MAX_REGISTERS)
    ]
    return {"metadata": {"generation": 1}, "spec": {"deviceAddress": "10.0.0.5", "registers": registers}}


def read(kind: str, scale: float) -> Declared[Any, Any]:
    """Read what such a resource declares: one turn of the loop."""
    return declared(INDUSTRIAL_PLC, body(kind, scale), AT)


def take(event: Declared[Any, Any]) -> PlcState:
    """Take what was read: the next turn."""
    controller = PlcController()
    state, _commands = controller.step(controller.start(KEY), event)
    controller.claims(state)
    return state


def from_a_template(kind: str, scale: float) -> Declared[Any, Any]:
    """Return a resource that has all its registers from a template."""
    template = declared(INDUSTRIAL_PLC_TEMPLATE, {"spec": {"registers": body(kind, scale)["spec"]["registers"]}}, AT)
    spec = {"deviceAddress": "10.0.0.5", "templateRef": {"name": "meter"}}
    event = declared(INDUSTRIAL_PLC, {"metadata": {"generation": 1}, "spec": spec}, AT)
    return replace(event, referenced=Referenced(AT, template.spec))


def scrape() -> Iterator[bytes]:
    """Write out what a scrape of many registers is made of, part by part: a turn of the loop each."""
    metrics, numbers = Metrics(), {f"r{at}": at * 1.5 for at in range(MAX_REGISTERS)}
    plcs = SCRAPED // MAX_REGISTERS
    metrics.watch_registers(lambda: ((Key("IndustrialPLC", "plant", f"plc-{at}"), numbers) for at in range(plcs)))
    return map(generate_latest, map(OnePart, metrics.registry.collect()))


def readings(kind: str) -> list[Words]:
    """Return what each register holds: measured values, with all the digits that a float may have."""
    dice = random.Random(1)  # noqa: S311  # the same in each run
    return [words_of(struct.pack(KINDS[kind], dice.uniform(0, 100))) for _ in range(MAX_REGISTERS)]


def judge(points: tuple[Point, ...], words: list[Words]) -> None:
    """Judge a pass in which every register changed."""
    for point, each in zip(points, words, strict=True):
        judged(point, blank(point), each, AT)


def spent(work: Callable[[], object]) -> list[float]:
    """Return the milliseconds of CPU that a piece of work takes, each time."""
    took = []
    for _ in range(TIMES):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1e3)
    return took


def longest_part() -> float:
    """Return the milliseconds of CPU that the longest part of a scrape takes."""
    longest, began = 0.0, time.process_time()
    for _part in scrape():
        longest, began = max(longest, time.process_time() - began), time.process_time()
    return longest * 1e3


def table() -> Table:
    """Measure, and return what each step takes."""
    title = f"CPU of one turn over {MAX_REGISTERS} registers, {TIMES} times"
    told = Table("one turn of the loop", "median", "worst", title=title)
    settle_memory()  # as the operator does once all is listed

    def add(what: str, took: list[float]) -> None:
        told.add_row(what, f"{sorted(took)[len(took) // 2]:.1f} ms", f"{max(took):.1f} ms")

    for kind, scale in product(KINDS, SCALES):
        which = f"{kind}, scale {scale:g}"
        points = take(read(kind, scale)).map.points
        add(f"judge {which}, all changed", spent(partial(judge, points, readings(kind))))
        add(f"read a declaration, {which}", spent(partial(read, kind, scale)))
        add(f"take it, {which}", spent(partial(take, read(kind, scale))))
        add(f"take it from a template, {which}", spent(partial(take, from_a_template(kind, scale))))
    add(f"the longest part of a scrape of {SCRAPED} registers", [longest_part() for _ in range(TIMES)])
    return told
