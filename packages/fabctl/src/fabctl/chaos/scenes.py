"""What an experiment does, and to what, in words. Pure, and never fails."""

from collections.abc import Iterable

from fabctl.fields import NOTHING, Body, mapping, number, sequence, shown, text
from fabctl.labels import selector_text

EXTENSION = "extension"
SCENARIOS = ("podKiller", "cpuStress", "networkDelay", "plcFault", "plcDrift", "apiLatency", EXTENSION)
"""The fields of spec.scenario, of which one is given."""
EVERYTHING = 100


def scenario_of(spec: Body) -> tuple[str, Body]:
    """Return the name of what is done, and what it is given; of an extension the name and parameters of that."""
    given = mapping(spec.get("scenario"))
    field = next((each for each in SCENARIOS if each in given), "")
    found = mapping(given.get(field))
    if field == EXTENSION:
        return text(found.get("name")) or EXTENSION, mapping(found.get("parameters"))
    return field or NOTHING, found


def scene(name: str, given: Body) -> str:
    """Return what is done in a few words."""
    said = {
        "podKiller": _killed,
        "cpuStress": _burned,
        "networkDelay": _delayed,
        "plcFault": lambda fault: text(fault.get("fault")),
        "plcDrift": lambda drift: f"{shown(drift.get('register'))} = {shown(drift.get('value'))}",
        "apiLatency": _late,
    }.get(name, _parameters)(given)
    return f"{name} {said}".rstrip()


def done_to(target: Body) -> str:
    """Return to what it is done in a few words; nothing of what takes no target."""
    if not target:
        return ""
    kind, mode, value = (text(target.get("kind")), text(target.get("mode")) or "one", number(target.get("value")))
    many = {
        "one": "one of the",
        "all": "all",
        "fixed": f"{value} of the",
        "fixedPercent": f"{value} % of the",
        "randomMaxPercent": f"up to {value} % of the",
    }.get(mode, mode)
    where = f" in namespace {text(target['namespace'])}" if text(target.get("namespace")) else ""
    return f"{many} {kind} with {selector_text(mapping(target.get('labelSelector'))) or NOTHING}{where}"


def _killed(given: Body) -> str:
    if given.get("force") is True:
        return "by force"
    grace = number(given.get("gracePeriodSecs"))
    return f"with {grace} s of grace" if grace is not None else ""


def _burned(given: Body) -> str:
    load, workers = number(given.get("loadPercent")), number(given.get("workers")) or 1
    where = f" in container {text(given['container'])}" if text(given.get("container")) else ""
    return f"{EVERYTHING if load is None else load} % of {workers} core{'' if workers == 1 else 's'}{where}"


def _delayed(given: Body) -> str:
    loss = number(given.get("lossPercent"))
    words = [
        *(["nothing passes"] if given.get("partition") is True else []),
        *([_late(given)] if "delayMillis" in given else []),
        *([f"{loss} % lost"] if loss is not None else []),
    ]
    to = [_destination(each) for each in map(mapping, sequence(given.get("to")))]
    return ", ".join(words) + (f", to {' and '.join(to)}" if to else "")


def _late(given: Body) -> str:
    jitter = number(given.get("jitterMillis"))
    about = f" +/- {jitter}" if jitter is not None else ""
    return f"{shown(given.get('delayMillis'))}{about} ms"


def _destination(given: Body) -> str:
    if plcs := mapping(given.get("plcs")):
        return f"PLCs with {selector_text(plcs)}"
    port = number(given.get("port"))
    protocol = text(given.get("protocol")) or "TCP"
    return f"{shown(given.get('cidr'))} {protocol}{f' {port}' if port is not None else ''}"


def _parameters(given: Body) -> str:
    return _joined(f"{text(name)}={shown(value)}" for name, value in given.items())


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)
