"""Who wants which register: the index against comparing everybody with everybody, and claims that come and go."""

from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC, IndustrialPLCSpec
from fabgitops_core.codec.tables import Table
from fabgitops_core.control.events import Declared
from fabgitops_core.control.plc.claims import Claim, Claims, Spot, claims_of
from fabgitops_core.control.plc.mapping import map_of
from fabgitops_core.control.plc.requests import DeviceId, Endpoint
from fabgitops_core.control.plc.table import PlcController, step
from hypothesis import given
from hypothesis import strategies as st

from .conftest import START

KEYS = [Key(INDUSTRIAL_PLC.name, "default", name) for name in ("mixer", "press", "saw")]
WHOLE = 0xFFFF


@st.composite
def claims(draw: st.DrawFn) -> frozenset[Claim]:
    """Draw a few claims, close to each other: words and bits, of two units and tables."""
    spots = st.builds(
        lambda unit, table, address: Spot(DeviceId(Endpoint("10.0.0.5", 502), unit), table, address),
        st.sampled_from([1, 2]),
        st.sampled_from([Table.HOLDING, Table.COIL]),
        st.integers(0, 3),
    )
    drawn = draw(st.dictionaries(spots, st.sampled_from([WHOLE, 1, 2, 3]), max_size=6))
    return frozenset(Claim(spot, mask, f"r{at}") for at, (spot, mask) in enumerate(drawn.items()))


def rivals(key: Key, laid: dict[Key, frozenset[Claim]]) -> dict[str, str]:
    """Compare a resource's claims with everybody else's."""
    found: dict[str, list[str]] = {}
    for other, theirs in laid.items():
        for mine in laid.get(key, ()):
            for each in theirs:
                if other != key and each.spot == mine.spot and each.mask & mine.mask:
                    found.setdefault(mine.register, []).append(str(other))
    return {register: min(others) for register, others in found.items()}


@given(st.lists(st.tuples(st.sampled_from(KEYS), claims()), max_size=12))
def test_the_index_finds_what_comparing_everybody_finds(changes: list[tuple[Key, frozenset[Claim]]]) -> None:
    """Whatever is laid and taken back, each resource is told its rivals, and all whose rivals changed are named."""
    index, laid = Claims(), dict[Key, frozenset[Claim]]()
    for key, each in changes:
        before = {other: rivals(other, laid) for other in KEYS}
        touched = index.lay(key, each)
        laid[key] = each
        for other in KEYS:
            assert dict(index.rivals(other)) == rivals(other, laid)
            assert other in touched or before[other] == rivals(other, laid)


def spec(**changes: Any) -> IndustrialPLCSpec:
    """Return a spec of a float, a bit, and a register that is only observed."""
    registers = [
        {"name": "speed", "address": 10, "type": "float32", "value": 5},
        {"name": "running", "address": 12, "type": "bit", "bit": 3, "value": True},
        {"name": "level", "address": 13},
    ]
    return IndustrialPLCSpec.model_validate({"deviceAddress": "10.0.0.5", "registers": registers, **changes})


def test_what_a_map_claims() -> None:
    """Every word of a register with a desired value is claimed, of a bit only that, and nothing that is observed."""
    claimed = claims_of(map_of(spec(), "default", {}))
    assert {(each.spot.address, each.mask, each.register) for each in claimed if isinstance(each.spot, Spot)} == {
        (10, WHOLE, "speed"),
        (11, WHOLE, "speed"),
        (12, 1 << 3, "running"),
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"deviceAddress": "PLC-1.example."}, {"deviceAddress": "plc-1.example"}),
        ({"deviceAddress": "fd00:0:0::5"}, {"deviceAddress": "FD00::5"}),
        ({"deviceAddress": "::ffff:10.0.0.5"}, {"deviceAddress": "10.0.0.5"}),
        ({}, {"connection": {"transport": "udp"}}),
    ],
)
def test_a_device_is_known_however_it_is_reached(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two spellings of a host, or two transports to it, lead to the same registers: who wants both is a rival."""
    assert claims_of(map_of(spec(**one), "default", {})) == claims_of(map_of(spec(**other), "default", {}))


def test_who_is_suspended_claims_nothing() -> None:
    """A resource that is suspended, or whose spec is not valid, leaves its registers to others."""
    controller, state = PlcController(), PlcController().start(KEYS[0])
    seen = []
    for generation, wanted in enumerate((spec(), spec(suspend=True), spec(), None), 1):
        state, _ = step(state, Declared(START, generation, wanted, "" if wanted else "bad"))
        seen.append(len(controller.claims(state)))
    assert seen == [3, 0, 3, 0]


def test_who_comes_third_is_news_to_nobody_else() -> None:
    """Each of many who want the same register knows of one other, and is not told of every further one."""
    index, (mixer, press, saw) = Claims(), KEYS
    wanted = claims_of(map_of(spec(), "default", {}))
    assert index.lay(mixer, wanted) == set()
    assert index.lay(press, wanted) == {mixer, press}
    assert index.lay(saw, wanted) == {saw}
    assert set(index.rivals(saw).values()) == set(index.rivals(press).values()) == {str(mixer)}
    assert index.lay(saw, frozenset()) == {saw}
    assert index.lay(mixer, frozenset()) == {mixer, press}
    assert index.rivals(press) == {}
