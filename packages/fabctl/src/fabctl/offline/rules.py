"""What the API server would refuse, by our definitions and policy, and what the operator would not make sense of.

Imports fabgitops-core, which only the extra `fabctl[offline]` brings.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any

import yaml
from fabgitops_core.admission.judging import Admission
from fabgitops_core.api.argo.kinds import ARGO_ROLLOUT, Manifest
from fabgitops_core.api.argo.reading import Hashes
from fabgitops_core.api.argo.rollout import taken
from fabgitops_core.api.argo.templates import template_taken
from fabgitops_core.api.chaos.experiment import ChaosExperimentSpec, ExperimentSpec
from fabgitops_core.api.chaos.schedule import ChaosScheduleSpec
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.meta import Key
from fabgitops_core.api.plc.industrialplc import IndustrialPLCSpec
from fabgitops_core.api.plc.resolving import Unresolved, resolved
from fabgitops_core.api.plc.template import IndustrialPLCTemplateSpec
from fabgitops_core.api.rack import KINDS as RACK_KINDS
from fabgitops_core.api.refusals import problems_of, sentence
from fabgitops_core.api.rollout.rollout import RolloutSpec
from fabgitops_core.control.chaos.packages import brought
from fabgitops_core.control.chaos.plan import planned
from fabgitops_core.control.chaos.registry import GROUP, Registry, registry
from fabgitops_core.control.kinds import ARGO_KINDS, CHAOS_KINDS, DELIVERY_KINDS, KINDS, SETPOINT_KINDS
from fabgitops_core.control.rollout.revisions.revising import why_not
from pydantic import ValidationError

from fabctl.reading.lines import Path, path_of

Problem = tuple[Path, str]
"""A field, and what is wrong with it."""
_ABOUT = re.compile(r"\bthe (?P<field>\w+) .*? of (?P<register>\S+) ")
_UNKNOWN = "unknown"
"""What an object of Argo Rollouts may speak of, and only the API server or the operator knows."""
_RULES = "x-kubernetes-validations"
Known = Callable[[str], Mapping[str, Any] | None]
"""Returns a template of the same namespace by its name."""


class Rules:
    """Judges manifests, one after the other."""

    def __init__(self) -> None:
        ours = (*KINDS, *SETPOINT_KINDS, *DELIVERY_KINDS, *RACK_KINDS, *CHAOS_KINDS)
        self._kinds: dict[tuple[str, str], Kind] = {
            (kind.api_version, kind.kind): kind for kind in (*ours, *ARGO_KINDS)
        }
        self._there = ", ".join(sorted({kind.name for kind in ours}))

    @cached_property
    def _admission(self) -> Admission:
        given = {kind.name: _of_new_objects(definition(kind)) for kind in self._kinds.values()}
        return Admission(given, policies())

    def refused(self, body: Mapping[str, Any]) -> list[Problem]:
        """Return all for which the API server would refuse an object; of metadata only what definitions say."""
        kind = self._kinds.get(_kind_of(body))
        if kind is None:
            return [(("kind",), f"there is no kind {body['kind']} of {body['apiVersion']}: there are {self._there}")]
        causes = self._admission.all_causes(kind.name, body)
        return [_problem(each.field, each.message, body) for each in causes]

    def doubted(self, body: Mapping[str, Any], known: Known) -> list[Problem]:
        """Return what the operator would call InvalidSpec or TemplateNotFound of an object that is taken."""
        kind = self._kinds[_kind_of(body)]
        try:
            spec = _taken(kind, body)
        except ValidationError as error:
            return [(each.path, sentence(each, "").removeprefix(".")) for each in problems_of(error, ("spec",))]
        if isinstance(spec, RolloutSpec):
            return _unnameable(kind, body, spec)
        if isinstance(spec, ExperimentSpec | ChaosScheduleSpec):
            return _unplanned(spec, known_scenarios())
        if not isinstance(spec, IndustrialPLCSpec) or spec.template_ref is None:
            return []
        return self._with_template(spec, spec.template_ref.name, known)

    def _with_template(self, spec: IndustrialPLCSpec, name: str, known: Known) -> list[Problem]:
        where: Path = ("spec", "templateRef")
        body = known(name)
        if body is None:
            return [((*where, "name"), f"spec.templateRef.name is {name!r}: no such template is among these manifests")]
        try:
            resolved(spec, IndustrialPLCTemplateSpec.model_validate(body.get("spec") or {}))
        except ValidationError:
            return []  # told of by the template's own file
        except Unresolved as error:
            return [(where, str(error))]
        return []


def _unnameable(kind: Kind, body: Mapping[str, Any], spec: RolloutSpec) -> list[Problem]:
    """Return why no ReplicaSet can be made for a Rollout, if none can."""
    metadata = body["metadata"]
    why = why_not(Key(kind.name, metadata.get("namespace", ""), metadata["name"]), spec.pods)
    return [(path_of(why.partition(":")[0]), why)] if why else []


def _unplanned(spec: ExperimentSpec | ChaosScheduleSpec, known: Registry) -> list[Problem]:
    """Return why the operator could do nothing with an experiment, or with those of a schedule, if it could not."""
    where: Path = ("spec", "template", "spec") if isinstance(spec, ChaosScheduleSpec) else ("spec",)
    of_one = spec.template.spec if isinstance(spec, ChaosScheduleSpec) else spec
    given = ChaosExperimentSpec.model_validate(of_one.model_dump(by_alias=True, exclude_unset=True))
    try:
        planned(given, "", known)
    except ValueError as error:
        said = str(error)
        found = path_of(said.partition(" is ")[0].partition(":")[0])[1:]
        return [((*where, *found), said.replace("spec.", f"{'.'.join(map(str, where))}.", 1))]
    return []


@cache
def known_scenarios() -> Registry:
    """Return what experiments may do, as far as it is installed here: the operator has packages of its own."""
    return registry({each.name: each.scenario for each in brought(entry_points(group=GROUP))})


def _kind_of(body: Mapping[str, Any]) -> tuple[str, str]:
    return body["apiVersion"], body["kind"]


def _taken(kind: Kind, body: Mapping[str, Any]) -> Any:
    """Return what the operator makes of the spec of an object: of one of Argo Rollouts as of one of ours.

    Raises:
        ValidationError: It makes nothing of it.
    """
    raw = body.get("spec") or {}
    if kind.spec is not Manifest:
        return kind.spec.model_validate(raw)
    if kind.kind != ARGO_ROLLOUT.kind:
        return template_taken(raw)
    return taken(raw, {"uid": _UNKNOWN, **body["metadata"]}, Hashes(_UNKNOWN, _UNKNOWN)).spec


def _problem(field: str, message: str, body: Mapping[str, Any]) -> Problem:
    if field not in {"", "<nil>"}:
        said = message if message.startswith("unknown field") else f"{field}: {message}"
        return path_of(field), said
    policy, _, said = message.partition(" denied request: ")
    return _path_in(said, body), f"{said} ({policy})" if said else message


def _path_in(sentence: str, body: Mapping[str, Any]) -> Path:
    """Return the field that a sentence of the policy begins with, and of which register it tells, if it does."""
    path = path_of(sentence.partition(":")[0])
    if path[:1] != ("spec",):
        return ("spec",)
    about = _ABOUT.search(sentence)
    registers = body["spec"].get("registers") if isinstance(body.get("spec"), Mapping) else None
    for place, each in enumerate(registers if about and isinstance(registers, list) else ()):
        if about and isinstance(each, Mapping) and each.get("name") == about["register"]:
            return ("spec", "registers", place, about["field"])
    return path


def _of_new_objects(given: Any) -> Any:
    """Return a definition without the rules that compare with the object before, which is asked of no new one."""
    if isinstance(given, list):
        return [_of_new_objects(each) for each in given]
    if not isinstance(given, Mapping):
        return given
    kept = {name: _of_new_objects(value) for name, value in given.items() if name != _RULES}
    if rules := [each for each in given.get(_RULES, ()) if "oldSelf" not in each["rule"]]:
        kept[_RULES] = rules
    return kept


def policies() -> list[dict[str, Any]]:
    """Return the admission policy that the operator ships, and its binding."""
    text = (files("fabctl.offline") / "admission.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))
