"""Register maps: what is shown of each register, and of all together."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from fabctl.model import view
from fabctl.registers import State
from fabctl.render.description import description
from fabctl.render.maps import registers_section, troubles
from fabctl.render.shapes import plain_section, plain_sections, plain_table
from fabctl.render.tables import declared_table, status_table
from fabctl.render.terminal import print_sections
from rich.console import Console

Make = Callable[..., dict[str, Any]]
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DRIFT = {"actual": "19", "inSync": False, "driftedSince": "2026-01-01T11:00:00Z", "raw": "0x41980000"}
ERROR = {"actual": None, "inSync": None, "error": "10.0.0.7:502 unit 1 answered exception 02 (illegal data address)"}


def states(body: dict[str, Any]) -> dict[str, State]:
    """Return the state of each register."""
    return {each.name: each.state for each in view(body).registers}


def row(body: dict[str, Any], *, wide: bool = False) -> list[str]:
    """Return the cells of the status table."""
    return list(status_table([view(body)], wide=wide, namespaces=False, now=NOW).rows[0])


def section(body: dict[str, Any], *, wide: bool = False, drifted: bool = False) -> str:
    """Return the registers as describe prints them."""
    return plain_section(registers_section(view(body), NOW, wide=wide, drifted=drifted))


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, State.SYNCED),
        ({"inSync": False}, State.DRIFT),
        ({"inSync": False, "error": "the write was refused"}, State.DRIFT),
        ({"inSync": None, "error": "exception 02"}, State.ERROR),
        ({"inSync": False, "unverifiedWrite": "0x41AC0000"}, State.WRITING),
        ({"inSync": None}, State.UNKNOWN),
    ],
)
def test_each_register_has_its_word(mapped: Make, changed: dict[str, Any], state: State) -> None:
    """What the operator says of a register is one word, and one that is only observed has one of its own."""
    found = states(mapped("DriftDetected", "False", speed=changed))
    assert (found["speed"], found["power"]) == (state, State.OBSERVED)


def test_what_is_not_known_now_is_only_the_last_read(mapped: Make) -> None:
    """Without contact no register is in any state, and its value is shown as the one last read."""
    body = mapped("ConnectionFailed", "False", speed={"inSync": None}, mode={"inSync": None})
    del body["status"]["registersInSync"]
    assert set(states(body).values()) == {State.UNKNOWN}
    assert "21.5 rpm (last read)" in section(body)
    assert row(body)[:4] == ["mixer", "2 registers", "-", "FAILED"]


def test_the_status_of_an_older_spec_is_not_believed(mapped: Make) -> None:
    """While the operator has not seen the latest spec, no register counts as in sync."""
    body = mapped()
    body["metadata"]["generation"] = 4
    assert row(body)[:4] == ["mixer", "2 registers", "-", "UPDATING"]
    assert State.SYNCED not in states(body).values()


def test_a_listing_counts_the_registers(mapped: Make) -> None:
    """Target is how many registers have a desired value, actual how many of them hold it."""
    body = mapped("DriftDetected", "False", speed=DRIFT)
    views = [view(body)]
    assert plain_table(status_table(views, wide=False, namespaces=False, now=NOW)) == (
        "NAME         TARGET        ACTUAL   STATUS   DRIFTS\nmixer   2 registers   1/2 in sync   DRIFT         0\n"
    )
    wide = status_table(views, wide=True, namespaces=False, now=NOW)
    shown = dict(zip(wide.headers, wide.rows[0], strict=True))
    assert (shown["Register"], shown["Drifted since"]) == ("map of 3", "2026-01-01T11:00:00Z")
    declared = declared_table(views, wide=False, namespaces=False, now=NOW)
    assert declared.rows[0][2:5] == ("1", "map of 3", "2 registers")


def test_a_map_of_one_register_reads_like_the_short_form(mapped: Make) -> None:
    """Of a single register target and actual are its values, with the unit."""
    body = mapped("DriftDetected", "False", speed=DRIFT)
    body["spec"]["registers"] = body["spec"]["registers"][:1]
    body["status"]["registers"] = body["status"]["registers"][:1]
    body["status"]["registersInSync"] = "0/1"
    assert row(body)[1:4] == ["21.5 rpm", "19 rpm", "DRIFT"]


def test_a_map_without_desired_values_is_observed(mapped: Make) -> None:
    """Where Git wants nothing there is no target, and actual is how many registers are observed."""
    body = mapped()
    for each in body["status"]["registers"]:
        each.pop("desired", None)
        each.pop("inSync", None)
    body["status"]["registersInSync"] = "0/0"
    assert row(body)[1:4] == ["-", "3 observed", "SYNCED"]


def test_what_was_not_seen_yet_is_shown_as_declared(mapped: Make) -> None:
    """Before the operator has looked, the map is shown as Git has it."""
    body = mapped()
    body["status"] = {}
    assert row(body)[1:4] == ["2 registers", "-", "PENDING"]
    assert [line.split()[:4] for line in section(body).splitlines()[2:]] == [
        ["speed", "holding", "100", "21.5"],
        ["mode", "reference", "40104", "Running"],
        ["power", "input", "0", "-"],
    ]


def test_a_template_is_named_where_the_map_is_not_known(mapped: Make) -> None:
    """A PLC of a template that nobody resolved yet shows the template, its parameters, and no map made up."""
    body = mapped("TemplateNotFound", "False")
    reference = {"name": "em340", "parameters": {"unit": 7}}
    body["spec"] = {"deviceAddress": "10.0.0.7", "templateRef": reference, "registers": [{"name": "x", "value": 1}]}
    body["status"] |= {"registers": [], "registersInSync": None, "lastError": "em340 is not in this namespace"}
    assert row(body)[1:4] == ["-", "-", "NO-TEMPLATE"]
    declared = declared_table([view(body)], wide=False, namespaces=False, now=NOW).rows[0]
    assert declared[3:6] == ("template em340", "-", "-")
    told = plain_sections(description(view(body), [], NOW))
    for part in ("Template:       em340", "Parameters:     unit=7", "not resolved the map yet", "em340 is not in this"):
        assert part in told


def test_describe_shows_the_resolved_map_with_problems_first(mapped: Make) -> None:
    """Each register has a line: what differs first, and columns that say nothing are not there."""
    body = mapped("DriftDetected", "False", mode=ERROR, speed=DRIFT)
    assert section(body) == (
        "Registers (0/2 in sync; 1 ERROR, 1 DRIFT, 1 OBSERVED):\n"
        "  NAME    PLACE                         DESIRED   ACTUAL   STATE      DRIFTED SINCE          NOTE\n"
        "  mode    holding 103 uint16 unit 1     Running        -   ERROR      -                      "
        "10.0.0.7:502 unit 1 answered exception 02 (illegal data address)\n"
        "  speed   holding 100 float32 unit 1   21.5 rpm   19 rpm   DRIFT      2026-01-01T11:00:00Z   -\n"
        "  power   input 0 uint16 unit 1               -    700 W   OBSERVED   -                      -\n"
    )
    assert "DRIFTED SINCE" not in section(mapped())
    assert "0x41980000" not in section(body)
    assert "0x41980000" in section(body, wide=True)


def test_describe_says_where_each_value_came_from(mapped: Make) -> None:
    """With a template there is a column for what came from it, from a parameter, and from the resource."""
    body = mapped(speed={"source": "template; value from parameter setpoint"}, mode={"source": "resource"})
    lines = section(body).splitlines()
    assert lines[1].split()[-1] == "SOURCE"
    assert [line.endswith(end) for line, end in zip(lines[2:], ("parameter setpoint", "resource", "-"), strict=True)]
    assert lines[2].endswith("SYNCED     template; value from parameter setpoint")
    assert lines[3].endswith("SYNCED     resource")


def test_drifted_shows_only_what_differs(mapped: Make) -> None:
    """--drifted leaves out what holds what it must, and says so when nothing is left."""
    told = section(mapped("DriftDetected", "False", speed=DRIFT), drifted=True)
    assert told.startswith("Registers that differ (1 of 3):\n")
    assert [line.split()[0] for line in told.splitlines()[2:]] == ["speed"]
    assert section(mapped(), drifted=True) == (
        "Registers (2/2 in sync; 2 SYNCED, 1 OBSERVED):\n  none:  no register is known to differ\n"
    )


def test_one_error_of_a_whole_batch_is_said_once(mapped: Make) -> None:
    """Registers that failed together refer to the first of them."""
    told = section(mapped("DeviceException", "False", mode=ERROR, speed=ERROR))
    assert told.count("illegal data address") == 1
    assert told.count("as above") == 1


def test_500_registers_stay_readable(mapped: Make) -> None:
    """The few that differ of a large map stand at its top, under a count of all."""
    body = mapped("DriftDetected", "False")
    one = body["status"]["registers"][0]
    body["status"]["registers"] = [
        {**one, "name": f"r{number:03d}", **(DRIFT if number in {137, 401} else {})} for number in range(500)
    ]
    body["status"]["registersInSync"] = "498/500"
    lines = section(body).splitlines()
    assert lines[0] == "Registers (498/500 in sync; 2 DRIFT, 498 SYNCED):"
    assert [line.split()[0] for line in lines[2:5]] == ["r137", "r401", "r000"]
    assert row(body)[1:3] == ["500 registers", "498/500 in sync"]
    assert len(section(body, drifted=True).splitlines()) == 4


@pytest.mark.parametrize(
    ("reason", "word", "message"),
    [
        ("Conflict", "CONFLICT", "speed is also wanted by line-3/press; neither writes it"),
        ("IdentityMismatch", "WRONG-DEVICE", "the device says vendor Other, Git wants ACME"),
        ("TemplateNotFound", "NO-TEMPLATE", "the IndustrialPLCTemplate em340 is not in this namespace"),
    ],
)
def test_what_needs_a_person_comes_with_its_message(mapped: Make, reason: str, word: str, message: str) -> None:
    """Below the table of a single PLC, in describe and in wide, the operator says what stands in the way."""
    body = mapped(reason, "False")
    body["status"] |= {"lastError": message, "message": message}
    plc = view(body)
    assert row(body)[3] == word
    assert row(body, wide=True)[-1] == message
    assert plain_sections(troubles(plc, NOW, wide=False)) == f"Message:  {message}\n"
    assert troubles(plc, NOW, wide=True) == []  # it stands in the table
    assert f"Status:     {word}  {message}" in plain_sections(description(plc, [], NOW))


def test_a_conflict_still_counts_what_is_read(mapped: Make) -> None:
    """A PLC that may not write is read all the same, and its registers are counted."""
    assert row(mapped("Conflict", "False", speed=DRIFT))[1:4] == ["2 registers", "1/2 in sync", "CONFLICT"]


def test_differing_registers_stand_below_the_table(mapped: Make) -> None:
    """Of a single PLC that drifts, the registers that differ are listed; of one in sync nothing is."""
    told = plain_sections(troubles(view(mapped("DriftDetected", "False", speed=DRIFT)), NOW, wide=False))
    assert told.splitlines()[0] == "Registers that differ (1 of 3):"
    assert "21.5 rpm   19 rpm   DRIFT" in told
    assert troubles(view(mapped()), NOW, wide=False) == []


def test_states_are_coloured_where_they_stand(mapped: Make) -> None:
    """On a terminal the word of each register has its colour, and a value that reads the same has none."""
    drifted = mapped("DriftDetected", "False", speed={**DRIFT, "actual": "DRIFT"})
    out = StringIO()
    terminal = Console(file=out, force_terminal=True, color_system="standard", width=200, highlight=False)
    print_sections(terminal, description(view(drifted), [], NOW))
    assert out.getvalue().count("\x1b[1;33mDRIFT") == 1
    assert "\x1b[1;33m     DRIFT" in out.getvalue()  # the PLC's own word, with what stands before it
    assert "\x1b[32mSYNCED" in out.getvalue()


def test_hints_stand_beside_what_they_are_about(mapped: Make) -> None:
    """What speaks for a register, or the whole map, being read wrongly is shown, as long as the reading is."""
    body = mapped("InSync", "True", power={"hint": "outside of 0 to 60 Hz; read as CDAB it would be 49.98 Hz"})
    body["status"]["hint"] = "what 3 of 4 registers that differ should hold stands one address lower"
    assert "read as CDAB it would be 49.98 Hz" in section(body)
    shown = plain_sections(description(view(body), "none", NOW))
    assert "Hint:" in shown
    assert "stands one address lower" in shown
    del body["status"]["registersInSync"]
    assert "49.98" not in section(body)
    assert "one address lower" not in plain_sections(description(view(body), "none", NOW))
