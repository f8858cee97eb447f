"""For how long one step of the controller holds the loop, and with it every other PLC: maps of 500 registers."""

import random
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import product
from typing import Any

from fabgitops_core.api.industrialplc import INDUSTRIAL_PLC
from fabgitops_core.api.maps import MAX_REGISTERS
from fabgitops_core.codec.types import Words, words_of
from fabgitops_core.control.intake import declared
from fabgitops_core.control.plc.judging import blank, judged
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.points import Point
from rich.table import Table

TIMES = 20
KINDS = {"float32": ">f", "float64": ">d"}
SCALES = (1, 0.1, 0.3)
AT = datetime(2025, 1, 1, tzinfo=UTC)


def body(kind: str, scale: float) -> dict[str, Any]:
    """Return a resource with as many registers of a type as one may have."""
    words = struct.calcsize(KINDS[kind]) // 2
    registers = [
        {"name": f"r{at}", "address": at * words, "type": kind, "scale": scale, "value": 21.5, "tolerance": 200}
        for at in range(MAX_REGISTERS)
    ]
    return {"metadata": {"generation": 1}, "spec": {"deviceAddress": "10.0.0.5", "registers": registers}}


def points_of(kind: str, scale: float) -> tuple[Point, ...]:
    """Return the registers of such a resource, ready to be compared."""
    spec = declared(INDUSTRIAL_PLC, body(kind, scale), AT).spec
    assert spec
    return map_of(spec, "default", {}).points


def readings(kind: str) -> list[Words]:
    """Return what each register holds: measured values, with all the digits that a float may have."""
    dice = random.Random(1)  # noqa: S311  # the same in each run
    return [words_of(struct.pack(KINDS[kind], dice.uniform(0, 100))) for _ in range(MAX_REGISTERS)]


def judge(points: tuple[Point, ...], words: list[Words]) -> None:
    """Judge a pass in which every register changed."""
    for point, each in zip(points, words, strict=True):
        judged(point, blank(point), each, AT)


def spent(work: Callable[[], object]) -> tuple[str, str]:
    """Return the median and the worst of the CPU that a piece of work takes."""
    took = []
    for _ in range(TIMES):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1e3)
    return f"{sorted(took)[TIMES // 2]:.1f} ms", f"{max(took):.1f} ms"


def table() -> Table:
    """Measure, and return what each step takes."""
    told = Table("one step", "median", "worst", title=f"CPU of one step over {MAX_REGISTERS} registers, {TIMES} times")
    for kind, scale in product(KINDS, SCALES):
        which = f"{kind}, scale {scale:g}"
        told.add_row(f"judge {which}, all changed", *spent(partial(judge, points_of(kind, scale), readings(kind))))
        told.add_row(f"declare {which}", *spent(partial(points_of, kind, scale)))
    return told
