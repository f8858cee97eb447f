"""Which experiment stands in a file: one, that is valid, in a namespace, under a name."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from fabctl.errors import NotTaken, UsageError
from fabctl.fields import mapping, text
from fabctl.judging import Level, findings
from fabctl.manifests import STDIN, files_of, read
from fabctl.names import EXPERIMENT, check_name
from fabctl.offline import is_installed
from fabctl.patching import asked_for
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fabctl.judging import Finding, Judge
    from fabctl.manifests import Manifest

_SCHEDULE = "ChaosSchedule"
_RANDOM = "bcdfghjklmnpqrstvwxz2456789"
"""Of what Kubernetes makes the end of a name that is generated (k8s.io/apimachinery, util/rand)."""
_EXTENSION = "spec.scenario.extension.name"


def read_experiment(file: str, name: str | None) -> Manifest:
    """Return the experiment that stands in a file, with its name.

    Args:
        file: The file, a folder, or - for standard input.
        name: What it is to be called instead.

    Raises:
        UsageError: The file is not there, or has no experiment, several, or something else as well.
        NotTaken: It cannot be read.
    """
    found = read(files_of((file,)))
    if found.troubles:
        raise NotTaken("; ".join(map(str, found.troubles)))
    experiments = [each for each in found.manifests if each.kind == EXPERIMENT.title]
    others = sorted({each.kind for each in (*found.manifests, *found.others)} - {EXPERIMENT.title})
    if _SCHEDULE in others:
        raise UsageError(f"{_called(file)} has a {_SCHEDULE}, which is applied and not run: kubectl apply -f {file}")
    if not experiments:
        instead = f", but {', '.join(others)}" if others else ""
        more = "fabctl chaos scenarios has some to begin with"
        raise UsageError(f"{_called(file)} has no {EXPERIMENT.title}{instead}: {more}")
    if others:
        raise UsageError(f"{_called(file)} has also {', '.join(others)}: apply that, for run makes one experiment")
    if len(experiments) > 1:
        raise UsageError(f"{_called(file)} has {len(experiments)} experiments: run takes one, so give each a file")
    return _named(experiments[0], name)


def _called(file: str) -> str:
    return "standard input" if file == STDIN else file


def _named(manifest: Manifest, name: str | None) -> Manifest:
    """Return it under the name that it is to have: a given one, its own, or one that is generated."""
    metadata = {**mapping(manifest.body.get("metadata"))}
    begun = text(metadata.pop("generateName", ""))
    if name is not None:
        metadata["name"] = name
    elif begun and not metadata.get("name"):
        metadata["name"] = begun + "".join(secrets.choice(_RANDOM) for _ in range(5))
    return replace(manifest, body={**manifest.body, "metadata": metadata})


def checked(manifest: Manifest, namespace: str) -> dict[str, Any]:
    """Return what is sent of an experiment, after all is said that is wrong with it as far as that is known here.

    Without fabctl[offline] only the API server knows.

    Raises:
        NotTaken: The API server, or the operator, would refuse it.
    """
    if is_installed():
        _refuse(findings([manifest], _judge(), namespace))
    aim = text(mapping(mapping(manifest.body.get("spec")).get("target")).get("namespace"))
    said = ((("metadata", "name"), manifest.name), (("metadata", "namespace"), namespace))
    for path, each in (*said, (("spec", "target", "namespace"), aim or namespace)):
        try:
            check_name(each)  # it becomes part of a URL
        except ValueError as error:
            raise NotTaken(f"{manifest.trouble(path, str(error))}") from None
    return asked_for(manifest.body, namespace)


@cache
def _judge() -> Judge:
    """Return what judges manifests; to make it of all definitions takes a while."""
    from fabctl.offline.rules import Rules  # noqa: PLC0415 - not installed everywhere

    return Rules()


def _refuse(found: Iterable[Finding]) -> None:
    """Say what is wrong; what a package brings is no reason, for the operator may have one that is not here.

    Raises:
        NotTaken: Anything else is.
    """
    told = list(found)
    for each in told:
        complain(f"fabctl: {each.trouble}")
    if any(each.level is Level.ERROR or not each.trouble.message.startswith(_EXTENSION) for each in told):
        raise NotTaken("refused: nothing was begun")
