"""What Racks say: tables, descriptions, and what waits for a yes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fabctl.racks import rack_view
from fabctl.render.racks import rack_description, rack_table
from fabctl.render.shapes import plain_sections, plain_table, table_for_people, width_of

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOSTILE = "\x1b[2J\x07 \x7f \x9b2J \u202e \u2028\nforged"
TOTALS = {"totalChassis": 2, "totalBlades": 8, "totalNodes": 16, "totalBMCs": 8}


def rack(**status: Any) -> dict[str, Any]:
    """Return a Rack of generation 3, which the operator has looked at."""
    return {
        "metadata": {
            "name": "rack-01",
            "namespace": "plant",
            "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {"templateRef": {"name": "standard"}, "location": "hall 3", "row": "A"},
        "status": {"phase": "Ready", "observedGeneration": 3, **TOTALS, **status},
    }


def table(*bodies: dict[str, Any], wide: bool = False) -> str:
    """Return the table of some Racks."""
    return plain_table(rack_table(map(rack_view, bodies), wide=wide, namespaces=False, now=NOW))


def test_a_row_has_what_is_there() -> None:
    """Phase, template and the counts of parts, in 80 columns."""
    assert table(rack()).splitlines() == [
        "NAME      PHASE   TEMPLATE   CHASSIS   BLADES   NODES   BMCS   CREATED",
        "rack-01   Ready   standard         2        8      16      8   2026-01-01T00:00:00Z",
    ]
    assert width_of(table_for_people(rack_table([rack_view(rack())], wide=False, namespaces=False, now=NOW))) <= 80


def test_what_waits_has_a_column_where_something_does() -> None:
    """And so have PLCs where there are some."""
    waits = rack(pending={"removals": 12, "changes": 2}, plcs={"total": 4, "inSync": 3})
    assert table(rack(), waits).splitlines()[2].endswith("3/4 in sync   12 to remove, 2 to change")
    assert "row A" in table(rack(), wide=True)


def test_a_status_of_an_older_spec_is_not_believed() -> None:
    """The phase is UPDATING, and there is no plan to agree to."""
    body = rack(observedGeneration=2, template={"planHash": "abc"})
    assert rack_view(body).phase == "UPDATING"
    assert rack_view(body).plan_hash == ""


def test_a_new_rack_is_pending() -> None:
    """One that nobody has looked at yet."""
    assert rack_view({"metadata": {"name": "a", "generation": 1}}).phase == "Pending"


def test_a_description_says_how_to_agree() -> None:
    """It names what would go, how many more, what is in use, and the command."""
    names = ["rack-01-c1s0n1", "rack-01-c1s0n0"]
    body = rack(pending={"removals": 5, "names": names}, template={"planHash": "abc"}, inUse=["n is claimed by job-7"])
    shown = plain_sections(rack_description(rack_view(body), "may not", NOW))
    assert "Names:     rack-01-c1s0n1, rack-01-c1s0n0 and 3 more" in shown
    assert "In use:    n is claimed by job-7: what is, stays until it is free" in shown
    assert "To agree:  fabctl rack approve rack-01" in shown
    assert "not known:  may not" in shown


def test_places_are_shown_where_there_is_room() -> None:
    """Addresses of single places stand in the wide description, and are counted otherwise."""
    body = rack()
    body["spec"]["slots"] = [{"slot": "c0s3b0", "address": "10.0.0.7", "credentialsRef": {"name": "bmc"}}, 7]
    narrow = plain_sections(rack_description(rack_view(body), [], NOW))
    assert "Places:    2 with an address of their own" in narrow
    assert "10.0.0.7" not in narrow
    assert "c0s3b0   10.0.0.7   bmc" in plain_sections(rack_description(rack_view(body), [], NOW, wide=True))


@pytest.mark.parametrize("junk", [None, 7, "x", HOSTILE, [], {}, True, 10**30, [HOSTILE], {"name": HOSTILE}])
def test_whatever_it_holds_is_shown(junk: Any) -> None:
    """A field of any type, and a text that would command a terminal, disturb neither table nor description."""
    fields = (
        "template",
        "pending",
        "plcs",
        "conditions",
        "inUse",
        "events",
        "message",
        "phase",
        "provisionedAt",
        *TOTALS,
    )
    whole = rack(**dict.fromkeys(fields, junk))
    whole["spec"] = dict.fromkeys(("templateRef", "location", "slots", "update", "heal"), junk)
    whole["metadata"]["labels"] = junk
    whole["metadata"]["annotations"] = {"fabgitops.io/approve": junk}
    pending = rack(pending={"removals": junk, "names": [junk, HOSTILE]})
    for body in (whole, pending, {"metadata": junk, "spec": junk, "status": junk}):
        shown = table(body, wide=True) + plain_sections(rack_description(rack_view(body), [], NOW, wide=True))
        assert all(character.isprintable() or character == "\n" for character in shown)
        assert table(body, wide=True).count("\n") == 2
