"""Which manifests of Argo Rollouts the operator looks after: Rollouts by their label, and what they are judged by."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fabctl.fields import mapping, text
from fabctl.manifests import Manifest

VERSION = "argoproj.io/v1alpha1"
LABEL = "argo-rollouts.argoproj.io/controller-instance-id"
DEFAULT_ID = "fabgitops"
ROLLOUT, TEMPLATE, CLUSTER_TEMPLATE = "Rollout", "AnalysisTemplate", "ClusterAnalysisTemplate"

_Named = tuple[str, str, str]
"""Kind, namespace and name of a template; a cluster-wide one has no namespace."""


def looked_after(manifests: Iterable[Manifest], instance_id: str, namespace: str) -> list[Manifest]:
    """Return the Rollouts that an operator looks after, and the templates that they name.

    All others are somebody else's: of them nobody has asked.

    Args:
        manifests: Those of other groups.
        instance_id: What the label says of its Rollouts; "" for those that lack it.
        namespace: Where manifests go that say none.
    """
    argos = [each for each in manifests if text(each.body.get("apiVersion")) == VERSION]
    rollouts = [each for each in argos if each.kind == ROLLOUT and _label(each) == instance_id]
    named = {name for each in rollouts for name in _named(each, each.namespace or namespace)}
    templates = [each for each in argos if _name_of(each, namespace) in named]
    return [*rollouts, *templates]


def _label(manifest: Manifest) -> str:
    return text(mapping(mapping(manifest.body.get("metadata")).get("labels")).get(LABEL, ""))


def _name_of(manifest: Manifest, namespace: str) -> _Named:
    where = "" if manifest.kind == CLUSTER_TEMPLATE else manifest.namespace or namespace
    return manifest.kind, where, manifest.name


def _named(rollout: Manifest, namespace: str) -> Iterator[_Named]:
    """Yield the templates that a Rollout names, also one of which something else is wrong."""
    for each in _mappings(mapping(rollout.body.get("spec")).get("strategy")):
        if "templateName" in each:
            wide = each.get("clusterScope") is True
            name = text(each["templateName"])
            yield (CLUSTER_TEMPLATE, "", name) if wide else (TEMPLATE, namespace, name)


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
    below = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for each in below:
        yield from _mappings(each)
