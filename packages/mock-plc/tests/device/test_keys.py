"""Registers that another one unlocks, or saves."""

import pytest
from mock_plc.memory import Table
from mock_plc.spec.reading import SpecError

from .running import device

LOCKED = """
- {name: password, address: 24}
- {name: width, address: 0, value: 60, behaviours: {locked: {by: password, value: 1000, within: 5s}}}
"""


def test_it_takes_a_write_only_for_a_while_after_the_password() -> None:
    """Before it, after a wrong one, and when the time is over, a write is refused and changes nothing."""
    plc = device(LOCKED)
    assert plc.refusal(0, 80) == 4
    plc.write(24, 999)
    assert plc.refusal(0, 80) == 4
    plc.write(24, 1000)
    plc.at(4.9).write(0, 80)
    assert plc.at(0.2).refusal(0, 90) == 4
    assert plc["width"] == 80


def test_the_password_opens_it_again_though_it_still_stands_there() -> None:
    """It is the write that counts, not what the register of the password holds."""
    plc = device(LOCKED)
    plc.write(24, 1000)
    plc.at(6)
    assert (plc.words(24), plc.refusal(0, 80)) == ([1000], 4)
    plc.write(24, 1000)
    assert plc.refusal(0, 80) == 0


def test_a_coil_unlocks_and_a_restart_locks() -> None:
    """What unlocks may be true, and the code of the refusal another; after a restart it is locked."""
    plc = device(
        "- {name: unlock, table: coil, address: 3}\n"
        "- {name: a, address: 0, behaviours: {locked: {by: unlock, value: true, within: 1m, code: 2}}}"
    )
    assert plc.refusal(0, 1) == 2
    plc.write(3, 1, table=Table.COIL)
    plc.write(0, 1)
    plc.machine.restart()
    assert plc.refusal(0, 2) == 2


def test_what_unlocks_may_be_read_elsewhere() -> None:
    """It is told by what it shows there, as the device file says its value."""
    plc = device(LOCKED.replace("address: 24", "address: 24, readFrom: {table: input, address: 9}"))
    plc.write(24, 999)
    assert plc.refusal(0, 80) == 4
    plc.write(24, 1000)
    assert plc.refusal(0, 80) == 0


def test_what_is_not_saved_is_gone_with_a_restart() -> None:
    """After one it holds what it held when it was saved last, and at first what the file says."""
    plc = device(
        "- {name: save, address: 30}\n- {name: a, address: 0, value: 5, behaviours: {saved: {by: save, value: 1}}}"
    )
    plc.write(0, 7)
    plc.machine.restart()
    assert plc["a"] == 5
    plc.write(0, 7)
    plc.write(30, 1)
    plc.write(0, 8)
    plc.machine.restart()
    assert plc["a"] == 7


@pytest.mark.parametrize("by", ["lock", "a", "input"])
def test_what_unlocks_is_another_register_that_can_be_written(by: str) -> None:
    """A name that is none, its own, or of what nobody can write, is told with the key that says it."""
    with pytest.raises(SpecError, match="is no other register of this unit that can be written"):
        device(
            "- {name: input, table: input, address: 0}\n"
            f"- {{name: a, address: 0, behaviours: {{locked: {{by: {by}, value: 1, within: 5s}}}}}}"
        )
