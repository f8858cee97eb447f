"""What all stories about chaos experiments have in common: where they are played, and for how long."""

from datetime import UTC, datetime
from random import Random

from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec
from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.meta import Key
from fabgitops_core.control.chaos.ids import NodeName, TargetUid
from fabgitops_core.control.chaos.selecting import Candidate

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = Key("ChaosExperiment", "plant", "story")
QUIET = 120.0
"""From here on nobody dies any more, and the API server answers; a node may stay away for ever."""

OVER = 360.0
END = 480.0
ROUND = 5.0
BOUND = 30.0
ALLOWED = ChaosPolicySpec.model_validate(
    {"enabled": True, "scenarios": ["cpuStress", "podKiller"], "maxPercent": 100, "minReadyLeft": 0}
)
PODS = tuple(Candidate(f"hmi-{n}", TargetUid(f"pod-{n}"), "plant", NodeName("ab"[n // 2])) for n in range(3))


def spec_of(dice: Random, *, hasty: bool) -> ChaosExperimentSpec:
    """Return an experiment of a story; a hasty one is over soon."""
    shot = dice.random() < 0.15
    probe = {"name": "p", "http": {"url": "http://hmi"}, "withinSecs": 20, "failAfter": 2}
    return ChaosExperimentSpec.model_validate(
        {
            "scenario": {"podKiller": {}} if shot else {"cpuStress": {}},
            "target": {"kind": "pods", "labelSelector": {"matchLabels": {"a": "b"}}, "mode": "all"},
            "durationSecs": dice.randint(2, 6 if hasty else 40),
            "startDeadlineSecs": dice.choice([20, 60]),
            "probes": [probe] if dice.random() < 0.2 else [],
        }
    )
