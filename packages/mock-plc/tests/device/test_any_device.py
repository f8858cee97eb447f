"""That no device file makes a device that fails: any type, any behaviours, whatever is written to it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from mock_plc.codec.types import DataType
from mock_plc.exceptions import ModbusException
from mock_plc.machine.machine import Machine
from mock_plc.memory import Table
from mock_plc.spec.device import DeviceFile
from pydantic import ValidationError

NUMBERS = st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e300, 1e300))
POSITIVE = NUMBERS.map(abs).filter(lambda number: number > 0)
TIMES = st.floats(0.01, 1000)
BEHAVIOURS = st.fixed_dictionaries(
    {},
    optional={
        "noise": st.fixed_dictionaries({"deviation": POSITIVE}),
        "resists": TIMES,
        "rounds": POSITIVE,
        "clamps": st.tuples(NUMBERS, NUMBERS).map(lambda ends: {"min": min(ends), "max": max(ends)}),
        "wearsOut": st.integers(0, 3),
        "locked": st.fixed_dictionaries({"by": st.just("sp"), "value": NUMBERS, "within": TIMES}),
        "saved": st.fixed_dictionaries({"by": st.just("sp"), "value": NUMBERS}),
    },
)
MOVES = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"drift": st.fixed_dictionaries({"max": POSITIVE, "interval": st.just(1)})}),
    st.fixed_dictionaries({"sine": st.fixed_dictionaries({"amplitude": POSITIVE, "period": TIMES, "phase": NUMBERS})}),
    st.fixed_dictionaries(
        {
            "ramp": st.fixed_dictionaries(
                {"to": NUMBERS, "over": TIMES, "then": st.sampled_from(["stay", "repeat", "back"])}
            )
        }
    ),
    st.fixed_dictionaries({"follows": st.fixed_dictionaries({"setpoint": st.just("sp"), "tau": TIMES})}),
    st.fixed_dictionaries(
        {"fallsBack": st.fixed_dictionaries({"after": TIMES, "to": NUMBERS, "interval": st.just(1)})}
    ),
    st.fixed_dictionaries({"counter": st.fixed_dictionaries({"step": NUMBERS})}),
)
REGISTERS = st.fixed_dictionaries(
    {
        "name": st.just("a"),
        "address": st.just(10),
        "type": st.sampled_from([kind.value for kind in DataType if kind.numeric and kind is not DataType.BITS]),
        "byteOrder": st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]),
        "behaviours": st.tuples(BEHAVIOURS, MOVES).map(lambda both: {**both[0], **both[1]}),
    },
    optional={"scale": NUMBERS.filter(bool), "offset": NUMBERS},
)
WRITES = st.lists(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=6), max_size=5)


@settings(max_examples=4 * settings().max_examples)
@given(REGISTERS, WRITES, st.integers())
def test_a_device_outlives_whatever_is_written(register: dict[str, object], writes: list[list[int]], seed: int) -> None:
    """Whatever a client writes, a device that its file allows goes on, in words that Modbus can carry."""
    setpoint = {"name": "sp", "address": 0, "type": "float64", "value": 7}
    try:
        machine = Machine(DeviceFile.model_validate({"registers": [setpoint, register]}), seed)
    except ValidationError:
        return  # the file is refused in words, which is tested where they are
    unit, now = machine.units[1], 100.0
    size = len(machine.points["a"].span)  # type: ignore[attr-defined]
    machine.tick(now)
    for words in [[0, 0, 0, 0], *writes]:
        for address in (10, 0):
            try:
                unit.write(Table.HOLDING, address, words[: size if address else 4])
            except ModbusException:
                continue
        for _ in range(3):
            now += 1
            machine.tick(now)
            assert all(0 <= word <= 0xFFFF for word in unit.read(Table.HOLDING, 10, size))
            machine.points["a"].get()
    machine.restart()
