"""Names of places, and small records of whatever somebody stored."""

import gc
import json
import tracemalloc
from typing import Any

import pytest
from fabgitops_core.control.rack.kinds import PARTS, kind_at
from fabgitops_core.control.rack.naming import Place, place_of
from fabgitops_core.control.rack.records import watched
from fabgitops_core.engine.families import Families
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.from_regex(r"\A[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?\Z")
PLACES = st.builds(
    lambda chassis, blade, part, number, plc: (
        Place(chassis, blade, part, number, plc) if part else Place(chassis, blade, plc=plc)
    ),
    st.integers(0, 41),
    st.integers(0, 15),
    st.sampled_from(["", "b", "n"]),
    st.integers(0, 7),
    st.sampled_from(["", "pdu", "cooling-unit"]),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "name", "namespace", "uid", "labels", "annotations", "ownerReferences", "resourceVersion", "creationTimestamp",
]  # fmt: skip


@given(rack=NAMES, place=PLACES)
def test_a_name_is_read_as_it_was_written(rack: str, place: Place) -> None:
    """The place of a part is found in its name, whatever its Rack is called."""
    assert place_of(rack, f"{rack}-{place}") == place


@given(one=NAMES, other=NAMES, here=PLACES, there=PLACES)
def test_no_two_racks_have_a_part_of_one_name(one: str, other: str, here: Place, there: Place) -> None:
    """Parts of two Racks have two names; PLCs may not, and are told apart by their owner."""
    if (one, here) != (other, there) and not here.plc and not there.plc:
        assert f"{one}-{here}" != f"{other}-{there}"


@pytest.mark.parametrize("name", ["rack-01", "rack-01-", "rack-02-c0", "rack-01c0", "xrack-01-c0"])
def test_what_is_no_name_of_a_part(name: str) -> None:
    """A name that does not begin with the Rack's and a hyphen is no part's."""
    assert place_of("rack-01", name) is None


@pytest.mark.parametrize("name", ["c00", "c0s03", "c0s0n9", "c100", "c0s0x1"])
def test_what_looks_like_a_place_and_is_none(name: str) -> None:
    """What is written in another way than we write it is the name of a PLC at most, and no other part's."""
    place = place_of("rack-01", f"rack-01-{name}")
    assert place is None or kind_at(place) == "IndustrialPLC" or place == Place(0, 0, "n", 9)


@given(
    metadata=st.dictionaries(st.sampled_from(FIELDS), ANYTHING) | ANYTHING,
    spec=st.dictionaries(st.sampled_from(["bladeRef", "bmcRef", "claimedBy", "templateRef"]), ANYTHING) | ANYTHING,
    status=ANYTHING,
)
def test_a_record_is_made_of_whatever_is_stored(metadata: Any, spec: Any, status: Any) -> None:
    """A record is made of anything that somebody may have stored, and twice of the same the same."""
    for each in watched():
        body = {"metadata": metadata, "spec": spec, "status": status}
        assert each.seen(body) == each.seen(body)
    assert len(watched()) == len(PARTS)


def node(number: int) -> dict[str, Any]:
    """Return a node as an API server tells of it, its texts its own."""
    rack = f"rack-{number // 64:04d}"
    owner = {
        "apiVersion": "fabgitops.io/v1",
        "kind": "Rack",
        "name": rack,
        "uid": f"2222-1111-4111-8111-{number // 64:017d}",
        "controller": True,
    }
    metadata = {
        "name": f"{rack}-c0s{number // 8 % 8}n{number % 8}",
        "namespace": "factory",
        "uid": f"11111111-1111-4111-8111-{number:012d}",
        "resourceVersion": str(number + 1),
        "creationTimestamp": f"2026-01-01T00:00:{number // 60 % 60:02d}Z",
        "labels": {"fabgitops.io/rack": rack},
        "ownerReferences": [owner],
    }
    spec = {"bladeRef": {"name": f"{rack}-c0s{number // 8 % 8}"}, "bmcRef": {"name": f"{rack}-c0s0b0"}, "nodeNumber": 0}
    told: dict[str, Any] = json.loads(json.dumps({"metadata": metadata, "spec": spec}))
    return told


def test_a_record_takes_half_a_kilobyte() -> None:
    """Of tens of thousands of parts each takes 512 bytes at most, with all that the engine keeps of it."""
    nodes = next(each for each in watched() if each.kind.name == "RackNode")
    families = Families(lambda _key: None, lambda _kind, _namespace: None)
    families.seen(nodes, node(0))
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(1, 6401):
            families.seen(nodes, node(number))
        gc.collect()
        ours = tracemalloc.take_snapshot().filter_traces(
            [tracemalloc.Filter(False, "*execnet*")]
        )  # runs tests, in a thread
        assert sum(each.size for each in ours.traces) / 6400 <= 512
    finally:
        tracemalloc.stop()
