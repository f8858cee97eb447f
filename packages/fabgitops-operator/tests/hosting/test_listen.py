"""The place that the API listens at."""

import pytest
from fabgitops_operator.hosting.listen import Place, place


@pytest.mark.parametrize(
    ("text", "expected", "loopback"),
    [
        ("127.0.0.1:8080", Place("127.0.0.1", 8080), True),
        ("127.8.9.1:0", Place("127.8.9.1", 0), True),
        ("localhost:8080", Place("127.0.0.1", 8080), True),
        ("[::1]:8080", Place("::1", 8080), True),
        ("0.0.0.0:8443", Place("0.0.0.0", 8443), False),  # noqa: S104
        ("[::]:8443", Place("::", 8443), False),
        ("10.20.1.5:65535", Place("10.20.1.5", 65535), False),
        ("line-a.plant.example:8443", Place("line-a.plant.example", 8443), False),
        ("localhost.plant.example:8443", Place("localhost.plant.example", 8443), False),
    ],
)
def test_an_address_and_a_port(text: str, expected: Place, loopback: bool) -> None:
    """An address or a name with a port is taken; only an address of loopback keeps others out for sure."""
    assert place(text) == expected
    assert place(text).is_loopback is loopback


@pytest.mark.parametrize(
    "text", ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "::1:8080", "a b:1", "[x]:1", "[1:2]:1", "h:65536"]
)
def test_what_is_no_place_says_what_one_looks_like(text: str) -> None:
    """A text that names no address and port is refused with an example."""
    with pytest.raises(ValueError, match="is no ADDRESS:PORT, such as 127"):
        place(text)
