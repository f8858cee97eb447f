"""The files that are made here, as text."""

import json
from collections.abc import Mapping

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import chaos, fleet, internals, plc, racks, rollouts, rules, workloads
from dashboards.alerts import ALERTS

NOTE = "# Made by tools/dashboards: change that, and run `./dev fix`.\n"
DASHBOARDS = (
    fleet.dashboard,
    plc.dashboard,
    internals.dashboard,
    racks.dashboard,
    rollouts.dashboard,
    workloads.dashboard,
    chaos.dashboard,
)


def files() -> Mapping[str, str]:
    """Return the text of each file by its path below `charts/fabgitops/files`."""
    made = {"rules.yaml": rules_file(), "alerts.yaml": texts_file()}
    for build in DASHBOARDS:
        dashboard = build()
        for number, panel in enumerate(dashboard.panels or (), start=1):
            panel.id_val = number  # what links to one panel name it by
        text = json.dumps(dashboard, cls=JSONEncoder, indent=2, sort_keys=True)
        made[f"dashboards/{dashboard.uid}.json"] = f"{text}\n"
    return made


def rules_file() -> str:
    """Return recording rules and alerts as a rule file of Prometheus, which is also the spec of a PrometheusRule."""
    return NOTE + yaml.safe_dump({"groups": rules.groups()}, sort_keys=False, width=120)


def texts_file() -> str:
    """Return what the chart's template needs of each alert to fill in the values of a user."""
    return NOTE + yaml.safe_dump({each.name: each.texts() for each in ALERTS}, sort_keys=False, width=120)
