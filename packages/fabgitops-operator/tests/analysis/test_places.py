"""Where analyses may ask, and where not."""

import pytest
from fabgitops_operator.analysis.places import Place

HOME = Place.of("http://Prometheus.monitoring:9090/team/a")

WITHIN = [
    "http://prometheus.monitoring:9090/team/a",
    "http://prometheus.monitoring:9090/team/a/api/v1/query?query=up",
    "HTTP://PROMETHEUS.monitoring:9090/team/a/",
]
OUTSIDE = [
    "http://prometheus.monitoring:9090/team/b",
    "http://prometheus.monitoring:9090/team/ab",
    "http://prometheus.monitoring:9090/team/a/../b",
    "http://prometheus.monitoring:9090/team/a/%2e%2e/b",
    "http://prometheus.monitoring:9090/team/a/%252e%252e/b",
    "http://prometheus.monitoring:9090/team/a/.%2e%2fb",
    "http://prometheus.monitoring:9090/team/a/..\\b",
    "https://prometheus.monitoring:9090/team/a",
    "http://prometheus.monitoring/team/a",
    "http://prometheus.monitoring.evil:9090/team/a",
    "http://prometheus.monitoring:9090@evil/team/a",
    "http://user@prometheus.monitoring:9090/team/a",
    "http://prometheus.monitoring:9090/team/a\n/x",
    "http://prometheus.monitoring:99999/team/a",
    "http://[::1/team/a",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("url", WITHIN)
def test_what_is_below_a_place_may_be_asked(url: str) -> None:
    """A server and all that is below its path may be asked."""
    assert HOME.holds(url)


@pytest.mark.parametrize("url", OUTSIDE)
def test_what_is_elsewhere_may_not(url: str) -> None:
    """Another server, another path, and whatever would lead there on the way may not be asked."""
    assert not HOME.holds(url)


@pytest.mark.parametrize(
    "url",
    ["prometheus:9090", "ftp://prometheus", "http://", "http://a:b", "http://u:p@a", "http://a/?q=1", "http://a b"],
)
def test_what_is_no_place_is_refused(url: str) -> None:
    """What nothing can be asked at is refused when it is set."""
    with pytest.raises(ValueError, match=r"is no http|may have no|Port could not"):
        Place.of(url)
