"""A template, or a PLC, as a tree: who uses it, and how each register stands. Pure, and never fails."""

from collections.abc import Iterable

from fabctl.branching import Branch
from fabctl.fields import NOTHING, Body
from fabctl.model import View, view
from fabctl.registers import Register
from fabctl.template import template_view


def of_template(template: Body, plcs: Iterable[Body]) -> Branch:
    """Return a template with the PLCs that use it, by name, and their registers."""
    said = template_view(template)
    users = sorted(map(of_plc, plcs), key=lambda each: each.name)
    valid = {"yes": "valid", "no": "not valid"}.get(said.valid, "")
    why = said.message if said.valid == "no" else ""
    count = f"{len(users)} PLC{'' if len(users) == 1 else 's'}"
    words = (valid, why, f"{said.registers} registers", count)
    taken = ", ".join(name for name, _, _ in said.parameters)
    return Branch("template", said.name, _known(*words), tuple(users), _known(taken and f"takes {taken}"))


def of_plc(body: Body) -> Branch:
    """Return a PLC with its registers, in the order of its map."""
    plc = view(body)
    count = plc.in_sync_count and f"{plc.in_sync_count} in sync"
    drifts = f"{plc.drifts} drift{'' if plc.drifts == 1 else 's'}" if plc.drifts else ""
    held = f"held by {plc.held_by}" if plc.held_by != NOTHING else ""
    inside = tuple(map(_register, plc.registers)) if plc.is_map else (_single(plc),)
    words = _known(str(plc.status), count, drifts, held)
    return Branch("PLC", plc.name, words, inside, _known(plc.endpoint, plc.parameters, plc.message))


def _register(register: Register) -> Branch:
    wants = f"Git wants {register.desired}" if register.desired and register.state.differs else ""
    words = _known(str(register.state), register.actual and f"holds {register.actual_shown}", wants, register.error)
    return Branch("", register.name, words, (), _known(register.place, register.source))


def _single(plc: View) -> Branch:
    holds = "" if plc.last_read_shown == NOTHING else f"holds {plc.last_read_shown}"
    return Branch("register", plc.register, _known(holds, f"Git wants {plc.target}"))


def _known(*words: str | None) -> tuple[str, ...]:
    return tuple(word for word in words if word and word != NOTHING)
