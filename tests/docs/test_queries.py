"""A query that a page shows is one that Prometheus understands, of metrics and labels that there are."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from fabgitops_operator.agent.metrics import Metrics as AgentMetrics
from fabgitops_operator.audit.chain import Seal
from fabgitops_operator.audit.keeper import Keeper
from fabgitops_operator.audit.metrics import AuditMetrics
from fabgitops_operator.audit.stream import Stream
from fabgitops_operator.audit.writer import Writer
from fabgitops_operator.bus.address import BusKind
from fabgitops_operator.bus.metrics import BusMetrics
from fabgitops_operator.bus.standing import Standing as BusStanding
from fabgitops_operator.hosting.chaosmetrics import ChaosMetrics
from fabgitops_operator.hosting.deliverymetrics import DeliveryMetrics
from fabgitops_operator.hosting.metrics import Metrics
from fabgitops_operator.hosting.rackmetrics import RackMetrics
from fabgitops_operator.standalone.source.metrics import SourceMetrics
from fabgitops_operator.standalone.source.remembering import Taken
from fabgitops_operator.standalone.source.standing import Standing

from .pages import PAGES, ROOT, blocks

QUERIES = {str(each): each.text for page in PAGES for each in blocks(page) if each.language == "promql"}
TABLE = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| [\w, ]+ \|\s*([\w, ]*?)\s*\|", re.MULTILINE)
DERIVED = ("_bucket", "_sum", "_count")


def known() -> dict[str, set[str]]:
    """Return the labels of each metric, as docs/metrics.md has them."""
    found = {}
    for names, labels in TABLE.findall((ROOT / "docs/metrics.md").read_text()):
        for name in re.findall(r"`(\w+)`", names):
            found[name] = {each.strip() for each in labels.split(",") if each.strip()}
    return found


def test_there_are_queries() -> None:
    """The search for queries finds those of the page on metrics, and that for metrics its table."""
    assert len(QUERIES) >= 8
    assert known()["plc_connection_status"] == {"plc_name", "namespace"}


def test_the_table_has_each_metric() -> None:
    """The page on metrics names each metric that the operator serves, in a cluster or without, and no other."""
    suffix = {"counter": "_total", "info": "_info"}
    taken = Standing("plant", Taken("3f9c2a1b77d0", "plant", "", "2026-11-28T23:36:18Z"))
    plcs = Metrics()
    plcs.watch_brake(lambda: False)
    audit = AuditMetrics(Keeper(Writer(Stream(), Seal())))
    racks, workloads, chaos = Metrics(RackMetrics()), Metrics(DeliveryMetrics()), Metrics(ChaosMetrics())
    bus = BusMetrics(lambda: BusStanding(BusKind.MEMORY))
    families = [*plcs.registry.collect(), *audit.collect(), *SourceMetrics(lambda: taken).collect()]
    families += [*racks.registry.collect(), *workloads.registry.collect(), *chaos.registry.collect()]
    families += [*AgentMetrics().registry.collect(), *bus.collect()]
    served = {f"{each.name}{suffix.get(each.type, '')}" for each in families}
    assert known().keys() == served


@pytest.mark.parametrize("place", QUERIES)
def test_a_query_names_what_there_is(place: str) -> None:
    """Each metric of a query is in the table of metrics, and each label that it selects or groups by is one of its."""
    query, metrics = QUERIES[place], known()
    named = [
        each for each in re.findall(r"\b\w+(?=\s*[\[{=)<>]|\s*$)", query) if "_" in each and each not in {"plc_name"}
    ]
    used = {next((each.removesuffix(end) for end in DERIVED if each.endswith(end)), each) for each in named}
    used -= {label for labels in metrics.values() for label in labels}
    assert used
    assert used <= metrics.keys()
    labels = {each for inside in re.findall(r"\bby \(([^)]*)\)", query) for each in re.split(r",\s*", inside)}
    labels |= set(re.findall(r"[{,]\s*(\w+)\s*[!=]", query))
    assert labels - {"le"} <= {label for metric in used for label in metrics[metric]}


@pytest.mark.docs
def test_prometheus_understands_each_query(promtool: Path, tmp_path: Path) -> None:
    """Promtool takes all queries of pages as expressions of rules."""
    rules = [{"record": f"docs:query_{at}", "expr": query} for at, query in enumerate(QUERIES.values())]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "docs", "rules": rules}]}))
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
