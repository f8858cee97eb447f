"""Names as they are typed and as `-o name` prints them, several at once, and options before the command."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration


def test_what_prints_names_feeds_what_takes_them(plant: Any) -> None:
    """Each line of `-o name` is a name for every command, and so are the kind's other names."""
    for name in ("mixer", "oven", "press"):
        plant.create(name)
    _, out, _ = plant.fabctl("get-status", "-o", "name")
    printed = out.split()
    assert plant.fabctl("get-status", *printed, "-o", "name") == (0, out, "")
    for kind in ("plc", "industrialplc", "industrialplcs", "industrialplcs.fabgitops.io"):
        assert plant.fabctl("get-status", f"{kind}/oven")[1].splitlines()[1].startswith("oven ")
    described = plant.fabctl("describe", *printed)[1]
    assert described.count("Spec (Git):") == 3
    asked = plant.fabctl("sync", *printed, "--no-wait")
    assert asked == (0, "mixer: sync requested\noven: sync requested\npress: sync requested\n", "")


def test_of_several_those_that_are_there_are_shown(plant: Any) -> None:
    """A name that is not there is told, the others are shown, and the exit code is 1; sync then asks for nothing."""
    plant.create("mixer")
    plant.create("oven")
    code, out, err = plant.fabctl("get-status", "mixer", "ofen", "oven")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (1, ["NAME", "mixer", "oven"])
    assert err == f'fabctl: no IndustrialPLC "ofen" in namespace {plant.namespace}: did you mean oven?\n'
    code, out, err = plant.fabctl("describe", "mixer", "ofen")
    assert (code, out.count("Spec (Git):"), err.count("\n")) == (1, 1, 1)
    assert plant.fabctl("sync", "mixer", "ofen", "--no-wait")[:2] == (3, "")
    assert "annotations" not in plant.get("mixer")["metadata"]


def test_options_may_stand_before_the_command(plant: Any) -> None:
    """What all commands take may stand before the command, as an alias of the shell has it, and counts behind it."""
    plant.create("mixer")
    process = plant.start("--request-timeout=9", "-n", plant.namespace, "-oname", "get-status")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "industrialplc.fabgitops.io/mixer\n", "")
    process = plant.start("-n", "elsewhere", "list", "-n", plant.namespace)
    assert process.communicate(timeout=60)[0].splitlines()[1].startswith("mixer ")
    process = plant.start("--context", "nowhere", "get-status")
    assert 'no context "nowhere"' in process.communicate(timeout=60)[1]


def test_what_is_suspended_on_purpose_fails_no_sync_of_all(plant: Any) -> None:
    """`sync --all` says what is suspended, and succeeds; asked for by name it fails."""
    plant.create("mixer")
    plant.create("parked", suspend=True)
    process = plant.start("sync", "--all", "-n", plant.namespace)
    plant.answer("mixer", "InSync", "True", inSync=True, currentValue=2500)
    plant.answer("parked", "Suspended", "Unknown")
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "1 in sync, 1 suspended\n")
    plant.delete("parked")
    plant.create("parked", suspend=True)
    process = plant.start("sync", "parked", "-n", plant.namespace)
    plant.answer("parked", "Suspended", "Unknown")
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out.startswith("parked: suspended")) == (1, True)
