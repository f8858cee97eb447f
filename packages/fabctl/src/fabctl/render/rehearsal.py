"""How it is shown what would come of an experiment. Pure."""

from fabctl.chaos.experiments import Experiment
from fabctl.chaos.rehearsal import Rehearsal
from fabctl.errors import FabctlError
from fabctl.fields import NOTHING
from fabctl.render.shapes import Pairs, Section, Table

SHOWN = 20
"""Of so many candidates each is shown where there is little room."""


def rehearsal_sections(told: Rehearsal, *, wide: bool) -> list[Section]:
    """Return what is said of an experiment, and what it could hit."""
    return [Section("", _head(told)), *_candidates(told, wide=wide)]


def _head(told: Rehearsal) -> Pairs:
    given = told.given
    return (
        ("Experiment", f"{given.namespace}/{given.name}"),
        ("Does", given.scene),
        ("To", f"{given.done_to} in namespace {told.namespace}" if given.done_to else "the operator of the PLCs there"),
        ("For", f"{given.duration_secs} s, if it begins within {given.deadline_secs} s"),
        ("Probes", _probes(given)),
        ("API server", told.refusal or "takes it"),
        *_policy(told),
        *_chosen(told),
        ("So", f"{_end(told)}nothing was made (--dry-run)"),
    )


def _end(told: Rehearsal) -> str:
    """Return what would come of it where it would not begin."""
    if told.denied:
        return "it would be refused; "
    return "it would end with NoTargets; " if told.code else ""


def _probes(given: Experiment) -> str:
    return "; ".join(f"{each.name} ({each.asks}, {', '.join(each.when)})" for each in given.probes) or NOTHING


def _policy(told: Rehearsal) -> Pairs:
    policy, opted_in = told.look.policy, told.look.opted_in
    if isinstance(told.against, FabctlError) or isinstance(policy, FabctlError):
        return (("ChaosPolicy", f"not known: {told.against}"),)
    said = "; ".join(told.against) or "allows it"
    unsure = f"; not known whether the namespace lets it in: {opted_in}" if isinstance(opted_in, FabctlError) else ""
    windows = policy.windows if policy else ()
    looks = f"{'; '.join(windows)}: whether one is open the operator looks"
    return (("ChaosPolicy", said + unsure), *((("Windows", looks),) if windows else ()))


def _chosen(told: Rehearsal) -> Pairs:
    if isinstance(told.look.candidates, FabctlError):
        return (("Targets", f"not known: {told.look.candidates}"),)
    choice = told.look.choice
    if choice is None:
        return ()
    which = ", ".join(choice.named) if choice.named else "which is chosen when it begins, by its uid"
    many = f"{choice.number} of {choice.counts}: {which}" if choice.eligible else f"no target: {choice.counts}"
    return (("Targets", f"{many}; {choice.refusal}" if choice.refusal else many),)


def _candidates(told: Rehearsal, *, wide: bool) -> list[Section]:
    found = told.look.candidates
    if isinstance(found, FabctlError) or not found:
        return []
    shown = found if wide else found[:SHOWN]
    nodes = any(each.node for each in found)
    rows = tuple((each.name, *((each.node or NOTHING,) if nodes else ()), *told.about(each)) for each in shown)
    headers = ("Name", *(("Node",) if nodes else ()), "Would be", *(("Agent",) if told.needs_agents else ()))
    sections = [Section(f"What its selector matches ({len(found)})", Table("", headers, rows))]
    if len(found) > len(shown):
        sections.append(Section("", (("and more", f"{len(found) - len(shown)}: -o wide shows all"),)))
    return sections
