"""Names that must not be taken for one another."""

from typing import NewType

ExperimentUid = NewType("ExperimentUid", str)
TargetUid = NewType("TargetUid", str)
InjectionId = NewType("InjectionId", str)
NodeName = NewType("NodeName", str)


def injection_id(experiment: ExperimentUid, target: TargetUid) -> InjectionId:
    """Return the name of the one injection that an experiment may make in a target."""
    return InjectionId(f"{experiment}.{target}")


def place_of(name: InjectionId) -> TargetUid:
    """Return the uid of what has an injection, by the name of that."""
    return TargetUid(name.rpartition(".")[2])
