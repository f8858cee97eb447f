"""The house is kept: what owners left goes, what is too old goes, namespaces that nobody uses go."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fabgitops_operator.standalone.resources import NAMESPACE, Resource
from fabgitops_operator.standalone.store.errors import StateError
from fabgitops_operator.standalone.store.namespaces import DEFAULT
from fabgitops_operator.standalone.store.objects.collecting import AT_ONCE
from fabgitops_operator.standalone.store.objects.objects import Objects
from fabgitops_operator.standalone.store.record import Record

SWEEP_SECS = 180.0
"""Seconds between two sweeps, when nothing asks for one."""

log = logging.getLogger(__name__)


@asynccontextmanager
async def keeping(objects: Objects, secs: float = SWEEP_SECS) -> AsyncIterator[None]:
    """Keep the house until the block ends; the first sweep begins at once."""
    task = asyncio.create_task(_keep(objects, secs))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep(objects: Objects, secs: float) -> None:
    while True:
        objects.vanished.clear()
        try:
            await tidy(objects, time.time())
        except StateError as error:
            log.error("what is left over stays for now: %s", error)
        except Exception:
            log.exception("a fault of our own over what is left over in the state; it is looked at again")
        with suppress(TimeoutError):
            async with asyncio.timeout(secs):
                await objects.vanished.wait()


async def tidy(objects: Objects, now: float) -> None:
    """Do all of it once.

    Args:
        objects: What is kept.
        now: Seconds since 1970. Where the clock was set back, what is from the future stays.

    Raises:
        UnavailableError: It cannot be stored now.
    """
    await objects.collecting.sweep()
    for resource in objects.resources:
        if resource.kept_secs or resource.most:
            await _expire(objects, resource, now)
    if NAMESPACE in objects.resources:
        await _leave(objects)


async def _expire(objects: Objects, resource: Resource, now: float) -> None:
    records = sorted(objects.store.list(resource, None), key=lambda record: record.version)
    beyond = len(records) - resource.most if resource.most else 0
    old = [
        record
        for number, record in enumerate(records)
        if number < beyond or (resource.kept_secs and record.at < now - resource.kept_secs)
    ]
    for start in range(0, len(old), AT_ONCE):
        await _remove(objects, old[start : start + AT_ONCE])


async def _remove(objects: Objects, records: list[Record]) -> None:
    await objects.turn()
    draft = objects.store.draft()
    for record in records:
        if draft.get(record.resource, *record.key) is record:
            draft.remove(record)
    await objects.store.commit(draft)


async def _leave(objects: Objects) -> None:
    """Have namespaces go in which nothing is, and nothing is about to be."""
    await objects.turn()
    if objects.store.is_busy:
        return
    used = {
        record.namespace for each in objects.resources if each.namespaced for record in objects.store.list(each, None)
    }
    left = [each for each in objects.store.list(NAMESPACE, None) if each.name not in used | {DEFAULT}]
    if left:
        await _remove(objects, left)
