"""The beginning of a holder: which one, and what it is to hold, are its arguments."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fabgitops_operator.agent.holders import cpu, net, sweeping
from fabgitops_operator.agent.holders.pipes import tell
from fabgitops_operator.agent.holders.rules import RulesError

_START = "import sys; sys.path.append(sys.argv.pop(1)); from {module} import main; main()"
HOLDERS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "cpu": lambda given: cpu.hold(cpu.Asked.of(given)),
    "net": lambda given: net.hold(net.Asked.of(given)),
    "sweep": lambda given: sweeping.sweep(given["pid"]),
    "trial": lambda _: sweeping.trial(),
}


def command(kind: str, asked: Mapping[str, Any]) -> list[str]:
    """Return the command that begins a holder: without site packages, so that it is small and starts at once."""
    folder = Path(__file__).parents[3]
    return [sys.executable, "-I", "-S", "-c", _START.format(module=__name__), str(folder), kind, json.dumps(asked)]


def main() -> None:
    """Hold what the arguments say; what fails is told on the output, and by the code of the exit."""
    kind, asked = sys.argv[1:]
    try:
        HOLDERS[kind](json.loads(asked))
    except (OSError, RulesError, ValueError) as error:
        tell("failed", reason=str(error))
        raise SystemExit(1) from None
