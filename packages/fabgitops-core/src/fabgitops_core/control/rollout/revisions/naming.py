"""Revisions of a workload: what their ReplicaSets are called, how they are counted, and how far back is a roll back."""

from collections.abc import Iterable

LONGEST_NAME = 63
"""The characters of a Rollout's name: its ReplicaSets carry it as the value of a label, which holds no more."""

MOST_NUMBER = 999_999_999
"""The highest number of a revision, which a status can hold: after one that somebody gave it others have it, too."""


def marked(template_hash: str, collisions: int = 0) -> str:
    """Return the value of the label by which a revision's pods are known.

    Args:
        template_hash: The hash of its template.
        collisions: How often a ReplicaSet of that name had another template, 0 or more. Then neither name nor label may
            be the same, or one Service would select both.
    """
    return f"{template_hash}-{collisions}" if collisions else template_hash


def hash_in(mark: str) -> str:
    """Return the hash of a template out of the label of a revision."""
    return mark.partition("-")[0]


def name_of(rollout: str, template_hash: str, collisions: int = 0) -> str:
    """Return the name of a revision's ReplicaSet.

    A long name is refused rather than cut: cut, two Rollouts could be one in the label that says whose a ReplicaSet is.

    Args:
        rollout: The Rollout's name.
        template_hash: The hash of the template.
        collisions: How often that name was taken by another template, 0 or more.

    Raises:
        ValueError: The Rollout's name is too long.
    """
    if len(rollout) > LONGEST_NAME:
        raise ValueError(
            f"metadata.name: {rollout!r} has {len(rollout)} characters; its ReplicaSets carry it in a label, "
            f"which holds {LONGEST_NAME}: give the Rollout a shorter name"
        )
    return f"{rollout}-{marked(template_hash, collisions)}"


def next_number(others: Iterable[int], own: int = 0) -> int:
    """Return the number of the newest revision, 1 or more: one that comes back moves up behind all others.

    Args:
        others: The numbers of all other revisions.
        own: The number that it has, 0 for none; it keeps it while it is the highest.
    """
    highest = max(others, default=0)
    return own if own > highest else min(highest + 1, MOST_NUMBER)


def within_window(newest: str, stable: str, all_made: Iterable[str], revisions: int | None) -> bool:
    """Return whether going back to a revision skips its steps, as `rollbackWindow.revisions` says.

    Times are those of making, as Kubernetes writes them (RFC 3339, UTC, whole seconds), which sort as texts. Two of the
    same second are in no order: neither is older, so nothing is skipped.

    Args:
        newest: When the ReplicaSet was made that is wanted.
        stable: When that of the stable revision was made.
        all_made: When all of the Rollout's were made.
        revisions: Fewer than so many may lie between the two; None or 0 for no window.
    """
    if revisions is None or not newest or newest >= stable:
        return False
    return sum(newest < each < stable for each in all_made) < revisions
