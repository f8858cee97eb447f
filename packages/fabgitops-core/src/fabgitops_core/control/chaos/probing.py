"""What probes were answered, and what follows."""

from collections.abc import Iterable, Mapping

from fabgitops_core.api.chaos.probes import OnFailure, Probe, When
from fabgitops_core.api.chaos.status import ProbeRecord, Verdict
from fabgitops_core.control.chaos.outcomes import Answer

Records = tuple[ProbeRecord, ...]


def noted(records: Records, probes: Iterable[Probe], answers: Iterable[Answer], when: When) -> Records:
    """Return the records with what these probes were answered; one that has no answer could not be asked."""
    known = {each.name: each for each in records}
    heard = {each.name: each for each in answers}
    for probe in probes:
        before = known.get(probe.name, ProbeRecord(name=probe.name))
        answer = heard.get(probe.name, Answer(probe.name, None, "no answer"))
        known[probe.name] = _noted(before, probe, answer, when)
    return tuple(known.values())


def _noted(before: ProbeRecord, probe: Probe, answer: Answer, when: When) -> ProbeRecord:
    in_row = 0 if answer.holds else before.in_row + 1
    enough = in_row >= (probe.fail_after if when is When.DURING else 1)
    counted = {True: "passed", False: "failed", None: "unknown"}[answer.holds]
    return before.model_copy(
        update={
            counted: getattr(before, counted) + 1,
            "in_row": in_row,
            "verdict": _worse(before.verdict, answer.holds) if enough and not answer.holds else before.verdict,
            "last": answer.said,
        }
    )


def _worse(before: Verdict | None, holds: bool | None) -> Verdict:
    return Verdict.FAILED if holds is False or before is Verdict.FAILED else Verdict.INCONCLUSIVE


def unfit(records: Records) -> str:
    """Return for people which probes do not hold, or could not be asked; "" when all do."""
    return "; ".join(f"{each.name}: {each.last}" for each in records if each.verdict is not None)


def lacking(records: Records, probes: Iterable[Probe]) -> str:
    """Return for people which probe has not held once at each of its times, and none has failed; "" for none.

    Where it has not failed it held once at the start and once at the end, each time that it was asked there.
    """
    known = {each.name: each for each in records if each.verdict is None}
    found = ((each, known.get(each.name, ProbeRecord(name=each.name))) for each in probes)
    failed = {each.name for each in records} - known.keys()
    said = (_lacking(record, set(probe.when)) for probe, record in found if probe.name not in failed)
    return next(filter(None, said), "")


def _lacking(record: ProbeRecord, when: set[When]) -> str:
    if When.END in when and not record.ended:
        return f"the probe {record.name} was not asked at the end"
    return "" if record.passed >= len(when) else f"the probe {record.name} has not held once while it ran"


def aborting(records: Records, probes: Iterable[Probe]) -> str:
    """Return which probe has failed that ends the experiment, in a sentence; "" for none."""
    ending = {each.name for each in probes if each.on_failure is OnFailure.ABORT}
    failed = (each for each in records if each.verdict is Verdict.FAILED and each.name in ending)
    return next((f"the probe {each.name} has failed: {each.last}" for each in failed), "")


def due(probes: Iterable[Probe], rests: Mapping[str, float]) -> tuple[Probe, ...]:
    """Return which are to be asked now."""
    return tuple(each for each in probes if rests.get(each.name, 0.0) <= 0.0)


def rested(rests: Mapping[str, float], asked: Iterable[Probe]) -> dict[str, float]:
    """Return for how many seconds each is not asked again, when some just were."""
    return {**rests, **{each.name: float(each.every_secs) for each in asked}}
