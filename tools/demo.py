"""The main job, shown on this machine: two PLCs that drift by themselves, the real operator, and fabctl.

`./dev demo` tells the story with nothing else: the operator looks after a folder of manifests, and keeps what it knows
itself. `./dev demo --kubernetes` tells it on a real API server. `./dev demo --rollout` tells another one, of a change
that goes over many PLCs. `--keep` leaves all of it running until Ctrl-C. It ends with a non-zero exit code if the story
does not come true.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import httpx2
import rolling
from cyclopts import App, Parameter
from stages import BIN, CHAOS, Kubernetes, Stage, Standalone, StoryError, until

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends the demo before its time: Ctrl-C, a script, the terminal that is closed."""
CALLED = "FABGITOPS_DEMO_CALLED"
"""Environment variable: when `./dev demo` was called, in seconds of the clock."""

app = App(name="demo", help_format="plaintext")


def say(text: str) -> None:
    """Tell the next line of the story."""
    print(f"\n\033[1m▸ {text}\033[0m" if sys.stdout.isatty() else f"\n▸ {text}", flush=True)


def tell(stage: Stage) -> None:
    """Tell the story."""
    say("Two PLCs start; both drift by themselves every few seconds.")
    ports = {name: stage.start_plc(name, "--chaos", *flags) for name, flags in CHAOS.items()}
    began = time.monotonic()
    begin(stage, ports)
    until(partial(in_sync, stage), "a PLC is in sync")
    tell_seconds(began)
    say("Git vs. reality:")
    for name in CHAOS:
        until(partial(stage.is_read, name), f"{name} is read")
    stage.fabctl("get-status")
    say("mixer-speed has autoCorrect on: each drift is written back, read back, and only then counted.")
    until(lambda: stage.status("mixer-speed").get("correctionsApplied", 0) >= 2, "mixer-speed is corrected twice")
    stage.fabctl("get-status")
    say("oven-temperature has autoCorrect off: its drift is reported and left for a person.")
    until(lambda: stage.status("oven-temperature").get("phase") == "DriftDetected", "oven-temperature drifts")
    stage.fabctl("get-status")
    say("That person decides. One forced pass: write, read back.")
    stage.fabctl("sync", "oven-temperature", "--force")
    stage.fabctl("get-status")
    say("What was told about the mixer:")
    stage.fabctl("describe", "mixer-speed")


def begin(stage: Stage, ports: Mapping[str, int]) -> None:
    """Start the operator and declare the PLCs of examples/, in the order that the stage wants."""
    if isinstance(stage, Standalone):
        say("Their manifests, from examples/, are put into a folder. The operator starts on it: there is no cluster.")
        print(f"$ fabgitops-operator standalone --source {stage.source}", flush=True)
        declare(stage, ports)
        stage.start_operator()
    else:
        say("The operator starts under its least role. The manifests of examples/ are applied.")
        stage.start_operator()
        declare(stage, ports)


def declare(stage: Stage, ports: Mapping[str, int]) -> None:
    """Declare the PLCs, with the ports that they got."""
    for name, port in ports.items():
        stage.declare_example(name, port)


def in_sync(stage: Stage) -> bool:
    """Return whether the first PLC is read, and holds what it must."""
    return any(stage.is_read(name) and stage.is_ready(name) for name in CHAOS)


def tell_seconds(began: float) -> None:
    """Say how long it took until a PLC was in sync, from the operator's start and from the call."""
    seconds = f"{time.monotonic() - began:.1f} s after the operator was started"
    if called := os.environ.get(CALLED):
        seconds += f", {time.time() - float(called):.0f} s after ./dev demo was called"
    print(f"The first PLC is in sync {seconds}.", flush=True)


def prove(stage: Stage) -> None:
    """Check that status, Events and metrics tell the same numbers, and print them.

    Raises:
        StoryError: They do not.
    """
    say("Both are suspended, so that the numbers stand still. Status, Events and metrics must agree:")
    for name in CHAOS:
        stage.suspend(name)
    for name in CHAOS:
        status = stage.status(name)
        for what, reason, metric in (
            ("driftEvents", "DriftDetected", "drift_events_total"),
            ("correctionsApplied", "DriftCorrected", "corrections_total"),
        ):
            wanted = status[what]
            until(partial(stage.announced, name, reason, wanted), f"{wanted} {reason} Events of {name}")
            counted = stage.metric(metric, name)
            print(f"  {name:17} {what:19} status {wanted}   Events {wanted}   {metric} {counted}")
            if counted != wanted or not wanted:
                raise StoryError(f"{name}: status says {wanted} {what}, {metric} says {counted}")
    say("From /metrics:")
    lines = ("drift_events_total", "corrections_total", "managed_plcs ", "fabgitops_modbus_requests_total")
    print("\n".join(f"  {line}" for line in stage.exposition().splitlines() if line.startswith(lines)))
    say("The story came true: every drift was found, and every correction was proven by reading it back.")


def stay(stage: Stage) -> None:
    """Leave everything running until Ctrl-C, and say how to look around."""
    say("Everything is still running. In another terminal:")
    print(f"  export KUBECONFIG={stage.kubeconfig}")
    print(f"  {BIN / 'fabctl'} watch")
    print("  kubectl get plc -o wide        # where kubectl is installed")
    print(f"  curl {stage.metrics}")
    print(f"  tail -f {stage.folder}/operator.log")
    print("Ctrl-C takes it down.", flush=True)
    signal.pause()


def leave(*_: object) -> None:
    """Have the demo taken down, for the first signal; a second one would leave half of it behind."""
    hear_no_more()
    raise KeyboardInterrupt


def hear_no_more() -> None:
    """Ignore signals from now on."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


@contextmanager
def logs() -> Iterator[Path]:
    """Make the folder for what the programs log; it is removed unless the story did not come true."""
    folder = Path(tempfile.mkdtemp(prefix="fabgitops-demo-"))
    try:
        yield folder
    except (StoryError, httpx2.HTTPError) as error:
        print(f"\ndemo: {error}\ndemo: logs are in {folder}", file=sys.stderr)
        raise SystemExit(1) from error
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)


@app.default
def main(
    *,
    kubernetes: Annotated[bool, Parameter(negative="")] = False,
    rollout: Annotated[bool, Parameter(negative="")] = False,
    keep: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show the main job on this machine: the operator, two PLCs that drift, and fabctl.

    It takes about a minute, and takes everything down at its end. Exit code 1 if the story does not come true.

    Args:
        kubernetes: Tell it on a real API server of Kubernetes (the first time it may have to be built: minutes).
        rollout: Tell of a change that goes over twelve PLCs in waves, fails, is taken back, and is tried again.
        keep: Leave everything running until Ctrl-C.
    """
    if kubernetes and rollout:
        print("demo: --rollout is told without a cluster: leave --kubernetes out", file=sys.stderr)
        raise SystemExit(2)
    for each in SIGNALS:
        signal.signal(each, leave)
    try:
        with logs() as folder, ExitStack() as stack:
            try:
                stage = staged(stack, folder, kubernetes=kubernetes)
                if rollout:
                    rolling.tell(stage, say)
                else:
                    tell(stage)
                    prove(stage)
                if keep:
                    stay(stage)
            finally:
                hear_no_more()
    except KeyboardInterrupt:
        print("\nended")


def staged(stack: ExitStack, folder: Path, *, kubernetes: bool) -> Stage:
    """Return what the story is told on."""
    if not kubernetes:
        return Standalone(stack, folder)
    say("A real Kubernetes API server comes up here (the first time it may have to be built: minutes).")
    return Kubernetes(stack, folder)


if __name__ == "__main__":
    app()
