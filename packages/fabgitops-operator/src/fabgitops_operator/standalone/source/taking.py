"""One revision taken: read, judged, planned, and put into the store whole or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from fabgitops_core.control.controller import Controller

from fabgitops_operator.hosting.lasting import without_collecting
from fabgitops_operator.standalone.resources import Resource
from fabgitops_operator.standalone.source import kustomize
from fabgitops_operator.standalone.source.accepting import accepted
from fabgitops_operator.standalone.source.allowing import ALLOWANCE, Allowance, AllowanceError, allowance_of
from fabgitops_operator.standalone.source.judging import Gate, marks
from fabgitops_operator.standalone.source.manifests import Manifest, Name, Reading
from fabgitops_operator.standalone.source.models import Known, Models
from fabgitops_operator.standalone.source.plan import Mark, Plan, plan
from fabgitops_operator.standalone.source.reading import read
from fabgitops_operator.standalone.source.remembering import Taken, now, recall, remember
from fabgitops_operator.standalone.source.settings import SourceSettings
from fabgitops_operator.standalone.source.tree import Revision
from fabgitops_operator.standalone.source.troubles import AwayError, HeldError, RevisionError, Trouble
from fabgitops_operator.standalone.store import Judge, Objects, Record, RefusedError, StateError, Store, Wanted


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a revision is judged."""

    judge: Judge
    """As the API server would."""
    controllers: Sequence[Controller[Any]]
    """Whose models judge, too."""
    resources: Mapping[str, Resource]
    """How each kind is kept, by its name."""
    name: str
    """Names the rules: under other ones everything is judged anew."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a revision that is in force now."""

    taken: Taken
    plan: Plan
    gone: Sequence[Record]
    """The records of what is no longer looked at."""
    passed_over: tuple[str, ...]
    warnings: tuple[Trouble, ...]


class Taker:
    """Takes revisions, and remembers the last one."""

    def __init__(self, objects: Objects, store: Store, rules: Rules, settings: SourceSettings) -> None:
        self._objects = objects
        self._store = store
        self._rules = rules
        self._settings = settings
        self._models = Models(rules.controllers)
        self._gate = Gate(rules.judge, self._models, rules.resources)
        scratch = settings.folder.absolute() / "scratch"  # kustomize runs in it, where the folder has another name
        self._kustomize = kustomize.Kustomize(settings.within, scratch, settings.remote_bases)
        self.taken, self._marks = recall(store)
        """The revision that is in force."""

    async def take(self, revision: Revision, where: str) -> Outcome:
        """Take a revision of a source, whole; garbage is collected afterwards, or that would stop polls for 0.2 s.

        Raises:
            RevisionError: Something is wrong with it.
            HeldError: Too much would vanish.
            AwayError: It cannot be read any more, or not be stored now.
        """
        with without_collecting():
            return await self._take(revision, where)

    async def _take(self, revision: Revision, where: str) -> Outcome:
        reading = await self._read(revision)
        if reading.troubles:
            raise RevisionError(reading.troubles)
        named = {each.name: each for each in reading.manifests}
        known = self._referable(named)
        after = await asyncio.to_thread(marks, reading.manifests, self._models, known, self._rules.name)
        limits, allowance = self._settings.limits, self._allowance(revision)
        made = await asyncio.to_thread(plan, self._before(), after, limits, allowance)
        verdict = await self._gate.verdict(self._new(made, named), known, self._bodies(made.change))
        if verdict.troubles:
            raise RevisionError(verdict.troubles)
        if made.held:
            raise HeldError(made.held)
        gone = await self._put(revision, made, named)
        await self._note(revision, where, {name: mark.digest for name, mark in after.items()})
        return Outcome(self.taken, made, gone, (*revision.passed_over, *reading.passed_over), tuple(verdict.warnings))

    async def _read(self, revision: Revision) -> Reading:
        if kustomize.is_needed(revision.files):
            return await self._kustomize.read(revision, self._models.kinds)
        below, named = PurePosixPath(self._settings.within), revision.files.items()
        files = {str(below / path): data for path, data in named if path != ALLOWANCE}
        return await asyncio.to_thread(read, files, self._models.kinds)

    def _referable(self, named: Mapping[Name, Manifest]) -> Known:
        """Return who finds what may be referred to: in the revision, or kept and not the source's."""
        kept: dict[Name, Mapping[str, Any]] = {
            Name(kind, record.namespace, record.name): record.decoded()
            for kind, resource in self._rules.resources.items()
            for record in self._store.list(resource, None)
            if not record.origin and kind in self._models.referents
        }

        def known(name: Name) -> Mapping[str, Any] | None:
            return named[name].body if name in named else kept.get(name)

        return known

    def _before(self) -> dict[Name, Mark]:
        """Return what came from the source, with how it was judged as far as that is remembered."""
        return {
            (name := Name(kind, record.namespace, record.name)): Mark(self._marks.get(name, ""), record.origin)
            for kind, resource in self._rules.resources.items()
            for record in self._store.list(resource, None)
            if record.origin and not _is_going(record)
        }

    def _allowance(self, revision: Revision) -> Allowance | None:
        """Return what may vanish.

        Raises:
            RevisionError: The file that says so cannot be understood.
        """
        if allowed := accepted(self._settings.folder, revision.id):
            return allowed
        text, taken = revision.files.get(ALLOWANCE, b"").decode(errors="replace"), self.taken
        commits = (*revision.parents, *((taken.revision,) if taken.revision else ()))
        try:
            return allowance_of(text, taken.allowance, commits)
        except AllowanceError as error:
            raise RevisionError(
                [Trouble(str(PurePosixPath(self._settings.within, ALLOWANCE)), 1, str(error))]
            ) from None

    @staticmethod
    def _new(made: Plan, named: Mapping[Name, Manifest]) -> Sequence[Manifest]:
        return [named[name] for name in (*made.let_in, *made.change)]

    def _bodies(self, names: Sequence[Name]) -> dict[Name, Mapping[str, Any]]:
        return {name: record.decoded() for name in names if (record := self._record(name)) is not None}

    def _record(self, name: Name) -> Record | None:
        return self._store.get(self._rules.resources[name.kind], name.namespace, name.name)

    async def _put(self, revision: Revision, made: Plan, named: Mapping[Name, Manifest]) -> Sequence[Record]:
        """Have a revision taken, and return what was let go of."""
        gone = [record for name in made.let_go if (record := self._record(name)) is not None]
        wanted = [self._wanted(named[name]) for name in (*made.let_in, *made.change, *made.moved)]
        if wanted or gone:
            try:
                await self._objects.take(revision.id, wanted, gone)
            except RefusedError as error:
                raise RevisionError([Trouble("", 0, str(error))]) from None
            except StateError as error:
                raise AwayError(str(error)) from None
        return gone

    def _wanted(self, manifest: Manifest) -> Wanted:
        name = manifest.name
        return Wanted(self._rules.resources[name.kind], name.namespace, name.name, manifest.body, manifest.origin)

    async def _note(self, revision: Revision, where: str, judged: dict[Name, str]) -> None:
        """Remember a revision that is in force."""
        allowance = revision.files.get(ALLOWANCE, b"").decode(errors="replace")
        taken = Taken(revision.id, where, self._rules.name, now(), allowance, len(judged))
        await remember(self._store, taken, judged)
        self.taken, self._marks = taken, judged


def _is_going(record: Record) -> bool:
    """Return whether an object was let go of already, and something holds it still (a finalizer)."""
    return b'"deletionTimestamp"' in record.body and "deletionTimestamp" in record.decoded()["metadata"]
