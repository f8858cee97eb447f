"""The command `mock-plc twin`: its flags, and nothing that is slow to import."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter
from cyclopts.types import NonNegativeInt

from mock_plc import streams
from mock_plc.flags import CONTROLS, TROUBLE, Controls, Trouble, Word


@Parameter(name="*", group=Group("Plant", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class Plant:
    """What is played, and how others are told of it."""

    filename: Annotated[
        tuple[str, ...],
        Parameter(
            alias="-f",
            negative="",
            allow_leading_hyphen=True,
            show_default=False,
            help="File or directory with manifests, or - for standard input; may be given several times. A directory "
            "is read with all below it; one with a kustomization is what kustomize, or kubectl, makes of it.",
        ),
    ] = ()
    namespace: Annotated[str, Parameter(alias="-n", help="Namespace of the manifests that name none.")] = "default"
    device_map: Annotated[
        Path | None,
        Parameter(
            help="File to write, once all listen, for --device-map of fabgitops-operator: the address of each device "
            "and of its twin. It is taken away at the end."
        ),
    ] = None
    secrets: Annotated[
        Path | None,
        Parameter(
            help="Directory for the certificates that devices behind TLS need: ca.crt, and NAMESPACE/NAME/ for each "
            "Secret that a manifest names. Nothing that is there is overwritten, and all is taken away at the end."
        ),
    ] = None
    start: Annotated[
        Literal["in-sync", "drifted"],
        Parameter(
            help="What registers hold at the start for which Git wants a value: that one, or another one that each of "
            "them can hold."
        ),
    ] = "in-sync"


@Parameter(name="*", group=Group("Network", sort_key=2))
@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the twins are."""

    bind: Annotated[str, Parameter(help="Address to listen on. Whoever reaches it can write: Modbus asks nobody.")] = (
        "127.0.0.1"
    )
    port: Annotated[
        Word, Parameter(help="Port of the first device, the others follow in the order of addresses; 0: free ones.")
    ] = 0


PLANT, PLACE = Plant(), Place()


def twin(
    *,
    seed: NonNegativeInt | None = None,
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
    plant: Plant = PLANT,
    place: Place = PLACE,
    trouble: Trouble = TROUBLE,
    controls: Controls = CONTROLS,
) -> None:
    """Serve every device that manifests of FabGitOps name, on this machine: a plant in CI, or on a laptop, unchanged.

    Each has the registers, types, values, unit ids, transport and identity that its manifests and their templates
    say. --chaos lets the plant drift, --fault lets all devices misbehave, and mock-plc ctl --plc ADDRESS one of them.

    For example: mock-plc twin -f plant/ --device-map twin.yaml; fabgitops-operator run --device-map twin.yaml

    Args:
        seed: Makes drift, faults and drifted starts repeatable.
        verbose: Tell of each drift, read, write, refused request and fault as well.
        plant: What is played.
        place: Where.
        trouble: What goes wrong.
        controls: How it is controlled.
    """
    # Imported here so that --help is quick.
    from mock_plc.twin.run import run  # noqa: PLC0415

    streams.log(verbose)
    run(plant, place, trouble, controls, seed=seed, verbose=verbose)
