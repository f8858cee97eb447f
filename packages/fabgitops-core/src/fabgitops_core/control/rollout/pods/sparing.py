"""The last word on how many pods go: whatever somebody wants, those that are available and needed stay.

It asks nothing of which revision is proven, so it also holds where that one is lost, or ill, or nobody knows which it
is.
"""

from collections.abc import Iterable, Iterator, Mapping

from fabgitops_core.control.rollout.pods.sides import together
from fabgitops_core.control.rollout.view import Revision


def spared(revisions: Iterable[Revision], counts: Mapping[str, int], least: int) -> Mapping[str, int]:
    """Return the counts by revision, without one that would leave fewer pods available than are needed.

    Pods that are not available may always go.

    Args:
        revisions: All that there are, as they stand: the first gives pods up first.
        counts: How many pods each is to have, by its hash; who is not named stays as it is.
        least: How many of all pods are to stay available, if there are as many.
    """
    return dict(_spared(tuple(revisions), counts, least))


def _spared(revisions: tuple[Revision, ...], counts: Mapping[str, int], least: int) -> Iterator[tuple[str, int]]:
    spare = max(together(*(each.side for each in revisions)).available - least, 0)
    for each in revisions:
        count, sure = counts.get(each.hash, each.spec), each.side.sure
        gone = min(max(sure - count, 0), spare)
        spare -= gone
        yield each.hash, max(count, sure - gone)
