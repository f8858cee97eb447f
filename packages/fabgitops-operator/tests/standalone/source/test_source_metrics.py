"""How it stands with the source, as Prometheus reads it."""

from pathlib import Path

import pytest
from fabgitops_operator.standalone.source.metrics import SourceMetrics
from fabgitops_operator.standalone.source.settings import SourceError, SourceSettings
from fabgitops_operator.standalone.store import Store
from prometheus_client import CollectorRegistry

from .boxes import Box
from .repositories import Repo, manifest


async def test_metrics_tell_what_is_in_force_and_what_is_the_matter(store: Store, tmp_path: Path) -> None:
    """Up and down, taken, refused and held are seen from outside."""
    repo = Repo(tmp_path / "plant")
    repo.write(a=manifest("a"), b=manifest("b"))
    commit = repo.commit()
    box, registry = Box(store, repo.url, tmp_path / "state"), CollectorRegistry()
    registry.register(SourceMetrics(box.syncer.status))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"fabgitops_source_{name}", labels)

    assert (value("up"), value("objects"), value("taken_timestamp_seconds")) == (1, 0, None)
    await box.looks(1)
    assert (value("up"), value("objects"), value("revision_info", revision=commit)) == (1, 2, 1)
    assert (value("taken_timestamp_seconds") or 0) > 1_700_000_000
    assert value("looks_total", end="taken") == 1
    repo.write(a="- 5\n")
    repo.commit()
    await box.looks(2)
    assert (value("revision_rejected", reason="refused"), value("revision_rejected", reason="held")) == (1, 0)
    assert (value("looks_total", end="refused"), value("looks_total", end="same")) == (1, 1)
    repo.folder.rename(tmp_path / "away")
    await box.looks(1)
    assert (value("up"), value("looks_total", end="away"), value("objects")) == (0, 1, 2)


@pytest.mark.parametrize(
    ("source", "settings", "told"),
    [
        ("ssh://git@host/plant", {}, "name a file that holds the server's key with --git-known-hosts FILE"),
        ("git@host:plant", {}, "`ssh-keyscan host > FILE` writes it"),
        ("/srv/plant", {"signers_file": Path("keys")}, "a folder has none: name a Git repository"),
        ("/srv/plant", {"path": "../other"}, "--path ../other leads out of the source"),
        ("/srv/plant", {"path": "/etc"}, "--path /etc leads out of the source"),
        ("ftp://host/plant", {}, "https://, ssh:// and file:// are"),
    ],
)
def test_what_cannot_be_a_source_is_told_at_the_start(source: str, settings: dict[str, Path], told: str) -> None:
    """A source that can never be read is refused at once, with the way out."""
    with pytest.raises(SourceError) as caught:
        SourceSettings(source, Path("state"), **settings).opened()  # type: ignore[arg-type]  # those that are named
    assert told in str(caught.value)
