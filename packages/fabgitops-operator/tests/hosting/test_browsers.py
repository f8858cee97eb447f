"""Web pages are kept away."""

import pytest
from fabgitops_operator.hosting.browsers import is_loopback, why_not


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("localhost", True), ("localhost:8080", True), ("LOCALHOST:1", True), ("127.0.0.1:8080", True),
        ("127.1.2.3", True), ("[::1]:8080", True), ("", False), ("evil.example", False), ("192.168.1.5", False),
        ("127.0.0.1.evil.example", False), ("localhost.evil.example:8080", False), ("[::2]", False), ("[", False),
        ("localhost@evil.example", False),
    ],
)  # fmt: skip
def test_a_host_is_this_machine_or_not(host: str, taken: bool) -> None:
    """A name that merely resolves to this machine (DNS rebinding) is none of its names."""
    assert is_loopback(host) is taken
    assert bool(why_not("GET", {"host": host}, loopback_only=True)) is not taken


def test_with_tokens_any_name_of_the_machine_will_do() -> None:
    """A page without the token gets nowhere under whichever name."""
    assert not why_not("GET", {"host": "box.plant.example"}, loopback_only=False)


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),
        ({"origin": "http://localhost:8080"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"origin": "http://localhost:9999"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, False),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, False),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_another_page_sends_is_refused(method: str, headers: dict[str, str], taken: bool) -> None:
    """A browser says which page sends a request; programs say nothing of the kind."""
    assert (not why_not(method, {"host": "localhost:8080", **headers}, loopback_only=True)) is taken


def test_a_link_may_be_followed() -> None:
    """Whoever follows a link to /metrics looks at it themselves; a form that is sent so is refused."""
    follows = {"host": "localhost:8080", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert not why_not("GET", follows, loopback_only=True)
    assert why_not("POST", follows, loopback_only=True)
