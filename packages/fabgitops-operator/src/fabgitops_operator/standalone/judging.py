"""Whether an object may be stored: by the definitions and the policy that a cluster is given, with the same words."""

import hashlib
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Protocol

import yaml
from fabgitops_core.admission.judging import Admission, Judged
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.control.kinds import KINDS


class Resource(Protocol):
    """What is served, as far as that matters here; what has no definition of ours is not judged."""

    @property
    def definition(self) -> Kind | None:
        """Return the kind of ours that it is."""
        ...


class ShippedRules:
    """Judges by the rules that are shipped; they are read when something is judged for the first time.

    It may be asked from several threads at once.
    """

    def judge(
        self,
        resource: Resource,
        body: dict[str, Any],
        old: dict[str, Any] | None,
        operation: str,
        subresource: str = "",
        validation: str = "Strict",
    ) -> Judged:
        """Judge a request; see `Admission.judge`."""
        if resource.definition is None:
            return Judged(body)
        return self.admission.judge(resource.definition.name, body, old, operation, subresource, validation)

    @cached_property
    def admission(self) -> Admission:
        """Return what judges the kinds that there are."""
        return Admission({kind.name: definition(kind) for kind in KINDS}, policies())

    @cached_property
    def name(self) -> str:
        """Return what names the rules: what was judged under the same name need not be judged again."""
        said = [version("fabgitops-core"), version("fabgitops-operator"), _shipped("admission.yaml")]
        said += [_shipped(f"{kind.crd_name}.yaml") for kind in KINDS]
        return hashlib.blake2b("\0".join(said).encode(), digest_size=16).hexdigest()


def policies() -> list[dict[str, Any]]:
    """Return the admission policy that is shipped, and its binding."""
    return list(yaml.safe_load_all(_shipped("admission.yaml")))


def _shipped(name: str) -> str:
    return (files("fabgitops_operator") / "manifests" / name).read_text(encoding="utf-8")
