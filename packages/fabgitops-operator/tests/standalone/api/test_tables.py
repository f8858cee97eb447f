"""Tables, as kubectl prints them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_operator.standalone.api import tables

PLCS = "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
STATUS = {
    "conditions": [{"type": "Ready", "status": "True"}, {"type": "InSync", "status": "False"}],
    "registersInSync": "1/2",
    "driftEvents": 3,
    "endpoint": "127.0.0.1:5502",
}


async def told(ask: Any, status: dict[str, Any]) -> None:
    """Give the PLC a status."""
    done = await ask("PATCH", f"{PLCS}/mixer/status", {"status": status})
    assert done.status == 200, done.body


def cells(table: dict[str, Any]) -> dict[str, Any]:
    """Return the cells of the first row by column."""
    names = [column["name"] for column in table["columnDefinitions"]]
    return dict(zip(names, table["rows"][0]["cells"], strict=True))


async def test_a_table_has_the_columns_of_the_definition(ask: Any) -> None:
    """The name first, texts as texts, numbers as numbers, what is not there as null."""
    made = await ask.make("mixer")
    await told(ask, STATUS)
    table = (await ask.get(PLCS, accept=TABLE)).json
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert table["metadata"] == {"resourceVersion": str(ask.store.version)}
    assert table["columnDefinitions"][0] | {"description": ""} == {
        "name": "Name", "type": "string", "format": "name", "description": "", "priority": 0,
    }  # fmt: skip
    shown = cells(table)
    created = datetime.fromisoformat(made["metadata"]["creationTimestamp"])
    assert int(shown.pop("Age")[:-1]) <= (datetime.now(UTC) - created).total_seconds() + 1
    assert {name: shown[name] for name in ("Name", "Ready", "InSync", "Registers", "Target", "Drifts", "Endpoint")} == {
        "Name": "mixer", "Ready": "True", "InSync": "False", "Registers": "1/2", "Target": 2500, "Drifts": 3,
        "Endpoint": "127.0.0.1:5502",
    }  # fmt: skip
    assert shown["Phase"] is None
    assert {column["name"] for column in table["columnDefinitions"] if column["priority"]} >= {"Endpoint", "LastError"}


async def test_a_row_is_made_anew_when_its_object_changes(ask: Any) -> None:
    """And only then: what is kept of a row never outlives what it shows."""
    await ask.make("mixer")
    assert cells((await ask.get(PLCS, accept=TABLE)).json)["Drifts"] is None
    await told(ask, STATUS)
    assert cells((await ask.get(PLCS, accept=TABLE)).json)["Drifts"] == 3
    await ask("DELETE", f"{PLCS}/mixer")
    await ask.make("mixer", targetValue=7)
    assert cells((await ask.get(PLCS, accept=TABLE)).json)["Target"] == 7


async def test_what_is_kept_of_rows_is_bounded_in_bytes(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large metadata is; a row that is not kept is made anew."""
    for name in ("a", "b", "c"):
        await ask.make(name, metadata={"annotations": {"plant.example/much": name * 2000}})
    monkeypatch.setattr(tables, "MOST_BYTES", 5000)
    for _ in range(2):
        table = (await ask.get(PLCS, accept=TABLE)).json
        assert [row["cells"][0] for row in table["rows"]] == ["a", "b", "c"]
    kept = ask.api._tables
    assert 0 < kept._bytes == sum(row.size for row in kept._rows.values()) <= 5000
    assert len(kept._rows) < 3


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
async def test_a_row_has_as_much_of_its_object_as_is_asked_for(version: str, ask: Any) -> None:
    """Its metadata unless something else is said."""
    made = await ask.make("mixer")
    accept = f"application/json;as=Table;v={version};g=meta.k8s.io"
    metadata = (await ask.get(PLCS, accept=accept)).json["rows"][0]["object"]
    assert metadata == {
        "kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}", "metadata": made["metadata"],
    }  # fmt: skip
    assert (await ask.get(f"{PLCS}?includeObject=Object", accept=accept)).json["rows"][0]["object"] == made
    assert (await ask.get(f"{PLCS}?includeObject=None", accept=accept)).json["rows"][0]["object"] is None
    assert (await ask.get(f"{PLCS}?includeObject=Foo", accept=accept)).status == 400


async def test_one_object_is_a_table_too(ask: Any) -> None:
    """Of one row and the object's version."""
    made = await ask.make("mixer")
    table = (await ask.get(f"{PLCS}/mixer", accept=TABLE)).json
    assert cells(table)["Name"] == "mixer"
    assert table["metadata"] == {"resourceVersion": made["metadata"]["resourceVersion"]}


async def test_pages_of_a_table_go_on(ask: Any) -> None:
    """As those of objects do."""
    for name in "abc":
        await ask.make(name)
    first = (await ask.get(f"{PLCS}?limit=2", accept=TABLE)).json
    assert first["metadata"]["remainingItemCount"] == 1
    rest = (await ask.get(f"{PLCS}?limit=2&continue={first['metadata']['continue']}", accept=TABLE)).json
    assert [row["cells"][0] for row in first["rows"] + rest["rows"]] == ["a", "b", "c"]


async def test_namespaces_are_shown_with_their_phase(ask: Any) -> None:
    """As Kubernetes shows them."""
    table = (await ask.get("/api/v1/namespaces?fieldSelector=metadata.name%3Dline-1", accept=TABLE)).json
    shown = cells(table)
    assert (shown["Name"], shown["Status"]) == ("line-1", "Active")
    assert shown["Age"].endswith("s")
