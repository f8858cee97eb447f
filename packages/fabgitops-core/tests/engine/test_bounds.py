"""A device to which nothing may connect: that is told as what it is, and no failure of the device."""

from fabgitops_core.engine.device_errors import DeviceError, OutOfBounds, Unreachable

from .conftest import MIXER, Bench

WHY = "10.0.0.5:502 is not connected to: its address 10.0.0.5 is outside of --allow-cidr 192.0.2.0/24"


def errors(*kinds: type[DeviceError]) -> list[DeviceError | None]:
    """Return what readings end with."""
    return [kind(WHY) for kind in kinds]


async def test_a_device_out_of_bounds_is_told_once_and_its_circuit_stays_closed(bench: Bench) -> None:
    """However often it is looked at, the reason is its own, one Event tells it, and no breaker opens for it."""
    bench.plc.read_errors = errors(*[OutOfBounds] * 6)
    bench.declare(MIXER)
    await bench.until(lambda: bench.plc.reads >= 6)
    status = bench.status(MIXER)
    assert {(each.type, str(each.status)) for each in status.conditions if each.reason == "AddressNotAllowed"} == {
        ("Ready", "False"),
        ("InSync", "Unknown"),
        ("Reconciling", "False"),
        ("Stalled", "True"),
    }
    assert status.message == WHY
    assert bench.host.reasons(MIXER) == ["AddressNotAllowed"]
    assert bench.engine.circuits.troubled() == {}
    await bench.until(lambda: bool(bench.status(MIXER).in_sync))
    assert bench.host.reasons(MIXER) == ["AddressNotAllowed", "ConnectionRestored"]


async def test_what_failed_before_is_told_apart(bench: Bench) -> None:
    """A device that was away, and is now somewhere else where nothing may connect, is told of twice."""
    bench.plc.read_errors = errors(Unreachable, OutOfBounds, Unreachable)
    bench.declare(MIXER)
    await bench.until(lambda: bool(bench.status(MIXER).in_sync))
    assert bench.host.reasons(MIXER) == ["ConnectionFailed", "AddressNotAllowed", "ConnectionRestored"]
