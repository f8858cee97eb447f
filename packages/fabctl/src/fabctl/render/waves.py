"""How the plan of a rollout is shown, and what would become of PLCs. Pure."""

from collections.abc import Sequence
from datetime import datetime

from fabctl.fields import NOTHING
from fabctl.parts import PlannedWave, RolloutPlan
from fabctl.releases import Release
from fabctl.render.shapes import Pairs, Section, Table
from fabctl.rollouts import RolloutView
from fabctl.times import since

NAMED = 3
"""So many PLCs of a wave are named where there is little room."""
SHOWN = 20
"""Of so many PLCs registers are shown where there is little room."""


def plan_sections(
    rollout: RolloutView, plan: RolloutPlan, held: Sequence[Release] | None, *, wide: bool
) -> list[Section]:
    """Return the waves of a plan, and what changes in each PLC that is still held, where that is known."""
    rows = tuple((str(each.wave), str(each.members), str(each.total), _names(each, wide=wide)) for each in plan.waves)
    waves = Table("", ("Wave", "PLCs", "Up to", "Names"), rows, frozenset({"Wave", "PLCs", "Up to"}))
    return [
        Section("", _head(rollout, plan)),
        Section(f"Waves ({plan.sentence})", waves if rows else (("none", "no wave is planned"),)),
        *([] if held is None else _changes(held, wide=wide)),
    ]


def _changes(held: Sequence[Release], *, wide: bool) -> list[Section]:
    shown = held if wide else held[:SHOWN]
    title = f"Changes ({len(held)} PLC{'' if len(held) == 1 else 's'} held)"
    sections = [Section(title, changes(shown) if held else (("none", "no PLC is held"),))]
    if len(held) > len(shown):
        sections.append(Section("", (("and more", f"{len(held) - len(shown)} PLCs: -o wide shows all"),)))
    return sections


def changes(held: Sequence[Release], *, namespaces: bool = False) -> Table:
    """Return what each register of PLCs holds, and what Git wants of it."""
    rows = []
    for plc in held:
        where = ((plc.namespace,) if namespaces else ()) + (plc.plc,)
        rows += [(*where, each.register, each.place, each.actual, each.holds, each.wants) for each in plc.changes]
        if not plc.changes:
            rows.append((*where, NOTHING, plc.message or NOTHING, NOTHING, NOTHING, NOTHING))
    headers = ((("Namespace",) if namespaces else ()), ("PLC", "Register", "Place", "Actual", "Holds", "Wants"))
    return Table("Changes", (*headers[0], *headers[1]), tuple(rows), frozenset({"Actual", "Holds", "Wants"}))


def wave_said(wave: PlannedWave) -> str:
    """Return how large a wave is, and who is first in it."""
    count = f"{wave.members} PLC{'' if wave.members == 1 else 's'}"
    return f"wave {wave.wave}: {count} ({_names(wave, wide=False)})" if wave.names else f"wave {wave.wave}: {count}"


def release_section(plc: Release, now: datetime) -> Section:
    """Return what a PLC that a rollout leads holds, wants and waits for."""
    return Section(
        "Release",
        (
            ("Rollout", plc.rollout or NOTHING),
            ("State", plc.state),
            *((("Message", plc.message),) if plc.message else ()),
            *((each.register, f"holds {each.holds}, Git wants {each.wants}") for each in plc.changes),
            ("Proven since", since(plc.proven, now)),
            ("Last permit", plc.permit or NOTHING),
            *((("To release", f"fabctl rollout release {plc.plc}"),) if plc.held else ()),
        ),
    )


def _head(rollout: RolloutView, plan: RolloutPlan) -> Pairs:
    waits = f"waits for a yes: fabctl rollout approve {rollout.name}"
    approved = plan.approved_by or (waits if rollout.waits_for_a_yes else "")
    return (
        ("Rollout", f"{rollout.namespace}/{rollout.name}"),
        ("Phase", rollout.phase),
        ("Revision", f"{rollout.revision or NOTHING}, round {rollout.round}"),
        ("Plan", plan.hash or NOTHING),
        *((("Approved by" if plan.approved_by else "Approval", approved),) if approved else ()),
        *rollout.settings,
    )


def _names(wave: PlannedWave, *, wide: bool) -> str:
    names = wave.names if wide else wave.names[:NAMED]
    more = f" and {wave.members - len(names)} more" if wave.members > len(names) else ""
    return f"{', '.join(names)}{more}" if names else NOTHING
