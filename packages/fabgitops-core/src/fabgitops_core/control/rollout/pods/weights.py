"""Weights in pods: how many a weight needs, and which weight so many pods carry."""

MAX_WEIGHT = 100
"""What the weights of both sides are together, where `maxTrafficWeight` does not say something else."""


def needed(replicas: int, weight: int, max_weight: int = MAX_WEIGHT) -> int:
    """Return how many pods a weight needs, rounded up: the inverse of `carried`.

    Raises:
        ValueError: A number is out of its range.
    """
    checked(replicas, weight, None, max_weight)
    return -(-replicas * weight // max_weight)


def carried(available: int, replicas: int, max_weight: int = MAX_WEIGHT) -> int:
    """Return the highest weight that so many available pods carry, 0 to max_weight.

    Where no pod is wanted at all, any weight is as good as another: an update of a workload that is scaled to 0 must
    come to its end.

    Raises:
        ValueError: A number is out of its range.
    """
    checked(replicas, max(available, 0), None, max_weight)
    return max_weight if replicas == 0 else min(max(available, 0) * max_weight // replicas, max_weight)


def checked(replicas: int, weight: int, most: int | None, max_weight: int) -> None:
    """Refuse numbers that no arithmetic makes sense of.

    Raises:
        ValueError: Replicas or weight are below 0, the weight is above `most`, or max_weight is not above 0.
    """
    if max_weight <= 0:
        raise ValueError(f"maxTrafficWeight: {max_weight} is not above 0")
    if replicas < 0:
        raise ValueError(f"replicas: {replicas} is below 0")
    if weight < 0 or (most is not None and weight > most):
        raise ValueError(f"weight: {weight} is not within 0 to {max_weight}")
