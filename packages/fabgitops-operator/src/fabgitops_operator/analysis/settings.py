"""What can be set of what analyses may ask, by flag, by environment (FABGITOPS_...) or in a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fabgitops_operator.analysis.places import Place


def _place(_: type, url: str) -> None:
    """Refuse what nothing can be asked at."""
    if url:
        Place.of(url)


def _places(_: type, urls: tuple[str, ...]) -> None:
    for url in urls:
        Place.of(url)


def _together(_: type, settings: "AnalysisSettings | None") -> None:
    """Refuse what would have no effect, or show a token to everybody on the way; None: no setting."""
    if settings is None:
        return
    for name, given in (("token-file", settings.prometheus_token_file), ("ca", settings.prometheus_ca)):
        if given is not None and not settings.prometheus:
            raise ValueError(f"--prometheus-{name} has no effect without --prometheus.")
    if settings.prometheus_ca is not None and not settings.prometheus.startswith("https://"):
        raise ValueError("--prometheus-ca has no effect without a --prometheus https://….")


@Parameter(name="*", validator=_together)
@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSettings:
    """What analyses may ask; without any of it they know registers and the fleet, and nothing else."""

    prometheus: Annotated[str, Parameter(validator=_place)] = ""
    """URL of the Prometheus that analyses ask which name none, such as http://prometheus.monitoring:9090."""

    prometheus_token_file: Path | None = None
    """File with the token that this Prometheus wants (Authorization: Bearer); read anew for each request."""

    prometheus_ca: Path | None = None
    """PEM file with the authorities that may vouch for it; without one those of this machine."""

    analysis_source: Annotated[tuple[str, ...], Parameter(validator=_places, negative=(), show_default=False)] = ()
    """URL of another server that AnalysisTemplates and probes of chaos experiments may name, with all below it; may be
    given several times, in the environment with spaces between. Default: none, so that nobody sends the operator where
    it should not go."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Return where may be asked: the Prometheus first, if there is one."""
        return tuple(map(Place.of, filter(None, (self.prometheus, *self.analysis_source))))
