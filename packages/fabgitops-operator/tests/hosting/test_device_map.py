"""The device map: where devices are reached instead, and that no other device is reached while one is in force."""

import os
from pathlib import Path

import pytest
from fabgitops_core.control.plc.requests import Endpoint, Transport
from fabgitops_core.engine.device_errors import Unreachable
from fabgitops_operator.hosting.device_map import DeviceMap, DeviceMapError

MIXER = Endpoint("10.20.1.12", 502)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the map is kept."""
    return tmp_path / "map.yaml"


def _replaced(file: Path, text: str) -> None:
    """Write a file as whoever writes it whole does: another one, renamed."""
    other = file.with_suffix(".new")
    other.write_text(text)
    other.rename(file)


@pytest.mark.parametrize(
    "text",
    [
        '"10.20.1.12:502": "127.0.0.1:41001"\n',
        "# the mixer\n10.20.1.12:502: 127.0.0.1:41001\n",
        '{"10.20.1.12:502": "127.0.0.1:41001"}',
        '"[::ffff:10.20.1.12]:502": 127.0.0.1:41001\n',
    ],
    ids=["quoted", "plain", "JSON", "another spelling"],
)
@pytest.mark.parametrize("transport", list(Transport))
def test_a_device_is_where_the_map_says(file: Path, text: str, transport: Transport) -> None:
    """YAML and JSON say the same, whichever way the host is spelled, and the transport stays the resource's."""
    file.write_text(text)
    assert DeviceMap(file)(Endpoint("10.20.1.12", 502, transport)) == Endpoint("127.0.0.1", 41001, transport)


def test_what_yaml_takes_for_numbers_is_an_address(file: Path) -> None:
    """A name that looks like a number to base 60 with its port is still an address, and names do not mind case."""
    file.write_text("plc7:30: twin:59\nPLC-8.Line:502: '[::1]:502'\n")
    places = DeviceMap(file)
    assert places(Endpoint("plc7", 30)) == Endpoint("twin", 59)
    assert places(Endpoint("plc-8.line", 502)) == Endpoint("::1", 502)


@pytest.mark.parametrize("other", [Endpoint("10.20.1.13", 502), Endpoint("10.20.1.12", 503)])
def test_a_device_that_is_not_on_the_map_is_not_reached(file: Path, other: Endpoint) -> None:
    """Of another host or port it says that it is not on the map, which file that is, and what to do."""
    file.write_text(f"{MIXER}: 127.0.0.1:41001\n")
    with pytest.raises(Unreachable) as raised:
        DeviceMap(file)(other)
    assert str(raised.value) == (
        f"{other} is not connected to: it is not in --device-map {file}, and while a map is in force nothing else is "
        "reached; add it there, or run without the map"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no device"),
        ("{}", "names no device"),
        ("- a\n", "names no device"),
        ("a: [\n", "is no YAML: while parsing"),
        ("\n10.20.1.12: 127.0.0.1:41001\n", 'line 2: "10.20.1.12" is no address: write HOST:PORT'),
        ("10.20.1.12:502: 41001\n", 'line 1: "41001" is no address'),
        ("10.20.1.12:502:\n  127.0.0.1:0\n", 'line 2: "127.0.0.1:0" is no address'),
        ("10.20.1.12:502: 127.0.0.1:65536\n", '"127.0.0.1:65536" is no address'),
        ("10.20.1.12:502: [127.0.0.1, 41001]\n", "line 1: what stands there is no address"),
        ("2001:db8::7:802: 127.0.0.1:41001\n", '"2001:db8::7:802" is no address'),
        ("http://plc:502: 127.0.0.1:41001\n", '"http://plc:502" is no address'),
        ("10.20.1:502: 127.0.0.1:41001\n", '"10.20.1:502" is no address'),
        (
            "plc:502: 127.0.0.1:41001\nPLC.:502: 127.0.0.1:41002\n",
            "line 2: PLC.:502 is in line 1 already: keep one of them",
        ),
    ],
)
def test_a_file_that_is_no_map_is_refused(file: Path, text: str, said: str) -> None:
    """A wrong file is refused with the line, what stands there, and what would be right."""
    file.write_text(text)
    with pytest.raises(DeviceMapError) as raised:
        DeviceMap(file)
    assert str(raised.value).startswith(f"--device-map {file}")
    assert said in str(raised.value)


def test_a_map_that_changes_counts_from_the_next_connect(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A map that is written anew, as by a twin that starts again, is read again, and the log says so."""
    file.write_text(f"{MIXER}: 127.0.0.1:41001\n")
    places = DeviceMap(file)
    _replaced(file, f"{MIXER}: 127.0.0.1:41002\n")
    assert places(MIXER) == Endpoint("127.0.0.1", 41002)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "is in force: 1 device(s)" in caplog.text
    assert "has changed: 1 device(s)" in caplog.text


def test_a_map_that_is_gone_or_wrong_leaves_no_way(file: Path) -> None:
    """A map that is taken away, as by a twin that ends, or becomes wrong, opens no way to the real devices."""
    file.write_text(f"{MIXER}: 127.0.0.1:41001\n")
    places = DeviceMap(file)
    file.unlink()
    with pytest.raises(Unreachable, match=f"{MIXER} is not connected to: --device-map .* cannot be read: No such file"):
        places(MIXER)
    file.write_text("{}")
    for _ in range(2):
        with pytest.raises(Unreachable, match="names no device"):
            places(MIXER)
    _replaced(file, f"{MIXER}: 127.0.0.1:41001\n")
    os.utime(file, (0, 0))
    assert places(MIXER) == Endpoint("127.0.0.1", 41001)
