"""The end of an object, drafted."""

from collections.abc import Mapping
from typing import Any

from fabgitops_operator.standalone.store.draft import Draft
from fabgitops_operator.standalone.store.objects.asking import Outcome
from fabgitops_operator.standalone.store.objects.deleting import held
from fabgitops_operator.standalone.store.record import Record
from fabgitops_operator.standalone.store.times import timestamp


def drop(draft: Draft, record: Record, options: Mapping[str, Any]) -> Outcome:
    """Draft the end of an object, or the mark of it where finalizers hold it; return what is answered."""
    body = record.decoded()
    whole = held(body, options, timestamp())
    if whole is None:
        draft.remove(record)
        return Outcome(record.body, gone=True)
    if whole == body:
        return Outcome(record.body)
    return Outcome(draft.put(record.resource, whole, record.origin, record.given).body)
