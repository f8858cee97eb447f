"""A revision judged as the API server would judge it, and by our models: all that is wrong with it, at once.

An object that was judged before under the same rules, alone and together with what it refers to, is not judged again:
`marks` are what tells.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.source.lines import path_of
from fabgitops_operator.standalone.source.manifests import Manifest, Name
from fabgitops_operator.standalone.source.models import Known, Models
from fabgitops_operator.standalone.source.plan import Mark
from fabgitops_operator.standalone.source.troubles import Trouble
from fabgitops_operator.standalone.store import SOURCE, Judge, still_stopped

AT_ONCE = 20
"""Objects that are judged at a time, beside the polls: the usual take 0.2 ms each, the largest more than 100."""


def marks(manifests: Sequence[Manifest], models: Models, known: Known, rules: str) -> dict[Name, Mark]:
    """Return what tells whether an object changed since it was judged: itself, what it refers to, and the rules.

    Args:
        manifests: The objects.
        models: Which know who refers to what.
        known: What else may be referred to.
        rules: What names the rules: other ones judge anew.
    """
    return {
        each.name: Mark(_digest(rules, each.body, _referred(each, models, known)), each.origin) for each in manifests
    }


def _referred(manifest: Manifest, models: Models, known: Known) -> object:
    reference = models.refers_to(manifest)
    body = known(reference) if reference else None
    return body.get("spec") if body else None


def _digest(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Verdict:
    """What is to be said of objects."""

    troubles: list[Trouble] = field(default_factory=list)
    warnings: list[Trouble] = field(default_factory=list)
    """What the API server would warn of, and take all the same."""


class Gate:
    """Lets a revision through in which each object is accepted by both."""

    def __init__(self, judge: Judge, models: Models, resources: Mapping[str, Resource]) -> None:
        self._judge = judge
        self._models = models
        self._resources = resources

    async def verdict(
        self, manifests: Iterable[Manifest], known: Known, before: Mapping[Name, Mapping[str, Any]]
    ) -> Verdict:
        """Return what is to be said of objects, found in a thread so that no poll is late for it.

        Args:
            manifests: The objects that are new or changed.
            known: What may be referred to.
            before: The objects as they are kept, of those that are.
        """
        verdict, waiting = Verdict(), list(manifests)
        while waiting:
            few, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            await asyncio.to_thread(self._judge_all, few, known, before, verdict)
        return verdict

    def _judge_all(
        self,
        manifests: Sequence[Manifest],
        known: Known,
        before: Mapping[Name, Mapping[str, Any]],
        verdict: Verdict,
    ) -> None:
        for manifest in manifests:
            admitted = self._admitted(manifest, before.get(manifest.name), verdict)
            verdict.troubles += admitted or self._models.judge(manifest, known)

    def _admitted(self, manifest: Manifest, old: Mapping[str, Any] | None, verdict: Verdict) -> list[Trouble]:
        judged = self._judge.judge(
            self._resources[manifest.name.kind],
            still_stopped(self._resources[manifest.name.kind], manifest.body, old)[0],
            dict(old) if old is not None else None,
            "CREATE" if old is None else "UPDATE",
            "",
            "Strict",
            SOURCE,
        )
        verdict.warnings += [manifest.trouble(path_of(each.partition(":")[0]), each) for each in judged.warnings]
        unknown = [manifest.trouble(path_of(_quoted(each)), each) for each in judged.unknown]
        causes = [
            manifest.trouble(path_of(each.field), f"{each.field}: {each.message}".removeprefix(": "))
            for each in judged.causes
        ]
        return unknown + causes


def _quoted(sentence: str) -> str:
    """Return the field out of `unknown field "spec.x"`."""
    return sentence.partition('"')[2].rpartition('"')[0]
