"""Objects of several kinds in one list."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from fabctl.errors import Denied, FabctlError, NotInstalled
from fabctl.streams import complain

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.names import Kind


async def chunks_of_all(
    cluster: Cluster,
    namespace: str | None,
    selector: str | None,
    kinds: Sequence[Kind],
    left_out: Callable[[FabctlError], None] = lambda _: None,
) -> AsyncGenerator[list[Body], None]:
    """Yield the objects of several kinds in chunks, one kind after the other; each says of which it is.

    A kind that the cluster has not is left out, and one that may not be listed as well, which is said.

    Args:
        cluster: Where.
        namespace: The namespace, or None for all.
        selector: Labels of those that are meant.
        kinds: The kinds.
        left_out: Told why a kind is left out that there is.

    Raises:
        FabctlError: This is so of all of them.
    """
    lacking: dict[Kind, FabctlError] = {}
    for kind in kinds:
        try:
            async with aclosing(cluster.chunks(namespace, selector, kind)) as chunks:
                async for chunk in chunks:
                    yield [{**body, "apiVersion": "fabgitops.io/v1", "kind": kind.title} for body in chunk]
        except (Denied, NotInstalled) as lack:
            lacking[kind] = lack
    if len(lacking) == len(kinds):
        raise lacking[kinds[0]]
    for kind, why in lacking.items():
        # Who may not list a kind is told so by the API server also where there is no such kind.
        if isinstance(why, Denied) and await cluster.serves(kind):
            complain(f"fabctl: {kind.title}s are left out: {why}")
            left_out(why)
