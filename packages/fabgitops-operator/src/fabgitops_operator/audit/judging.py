"""Whether one chain is whole: what is missing, changed, repeated or out of order in it. No file, no clock."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fabgitops_operator.audit.chain import GENESIS, Line, Seal
from fabgitops_operator.audit.records import ATTEMPT, BEGIN, END, GAP, OUTCOME, PRUNED


class Place(NamedTuple):
    """Where a line stands."""

    file: str
    number: int

    def __str__(self) -> str:
        """Return it as editors take it."""
        return f"{self.file}:{self.number}"


class Stood(NamedTuple):
    """What is kept of a record that was read: thousands of them are a small part of their files."""

    place: Place
    seq: int
    hash: str
    prev: str

    def __str__(self) -> str:
        """Return where it stands, and which it is."""
        return f"{self.place}: record {self.seq}"


Fields = Mapping[str, Any]


class Chain:
    """The records of one chain, in the order in which they stand; whole while there are no `problems` with them.

    Args:
        name: What tells the chain from others.
        seals: The keys that there are, by what tells one from another; "" is none.
    """

    def __init__(self, name: str, seals: Mapping[str, Seal]) -> None:
        self.name = name
        self.records: list[Stood] = []
        self.begins: list[tuple[Stood, Fields]] = []
        self.problems: list[str] = []
        """What nobody but somebody who meddled, or lost a part, can have done."""
        self.notes: list[str] = []
        """What is worth knowing, and no fault of the chain."""
        self.ended = False
        """Whether its last record says that the operator ended in good order."""
        self._seals = seals
        self._seal: Seal | None = None
        self._times = "", ""
        self._pruned: set[tuple[Any, Any]] = set()
        self._open: dict[str, tuple[Stood, Fields]] = {}

    def __str__(self) -> str:
        """Return in a line how it stands."""
        what = f"{len(self.records)} record(s), {min(each.seq for each in self.records)} to {self.last}"
        state = f"{len(self.problems)} problem(s)" if self.problems else "whole"
        return f"chain {self.name}: {what}, {' to '.join(self._times)}: {state}"

    @property
    def last(self) -> int:
        """Return the highest number."""
        return max(each.seq for each in self.records)

    def take(self, place: Place, line: Line) -> None:
        """Take the next record."""
        stood = Stood(place, line.head.seq, line.hash, line.prev)
        kind, fields = line.fields.get("record"), line.fields
        self.records.append(stood)
        self._times = self._times[0] or str(fields.get("at")), str(fields.get("at"))
        self.ended = kind == END
        self._check(stood, line)
        if kind == BEGIN:
            self.begins.append((stood, fields))
        elif kind == PRUNED:
            self._pruned.add((fields.get("through"), fields.get("throughHash")))
        elif kind == GAP:
            self.notes.append(f"{stood}: {fields.get('lost')} record(s) before it could not be stored")
        elif kind == ATTEMPT:
            self._open[str(fields.get("write"))] = stood, fields
        elif kind == OUTCOME:
            self._open.pop(str(fields.get("write")), None)

    def _check(self, stood: Stood, line: Line) -> None:
        """Look whether a record has the hash of what it says, and is sealed by a key, where there is one."""
        if line.fields.get("record") == BEGIN or len(self.records) == 1:
            key = str(line.fields.get("key", ""))
            self._seal = self._seals.get(key)
            if any(self._seals) and not key:
                self.problems.append(f"{stood}: from here on there is no key: anybody could have written it")
            elif self._seal is None:
                self.problems.append(f"{stood}: from here on it is sealed with the key {key}, which was not given")
        if self._seal is not None and self._seal.of(line.body) != line.hash:
            self.problems.append(f"{stood}: changed: its hash is not that of what it says")

    def judge(self) -> None:
        """Say what is wrong with the whole, once everything was taken."""
        by_seq: dict[int, Stood] = {}
        highest = 0
        for each in self.records:
            if (other := by_seq.setdefault(each.seq, each)) is not each:
                self.problems.append(f"{each}: repeated: it stands also at {other.place}")
            elif each.seq < highest:
                self.problems.append(f"{each}: out of order: it stands after record {highest}")
            highest = max(highest, each.seq)
        self.problems += _missing(by_seq)
        self.problems += _unlinked(by_seq)
        self._judge_beginning(by_seq[min(by_seq)])
        for stood, fields in self._open.values():
            self.notes.append(f"{stood}: nothing says what came of the write {_about(fields)}")

    def _judge_beginning(self, first: Stood) -> None:
        """Look whether it is there from its first record, or from behind a file that was deleted on purpose."""
        if first.seq == 1:
            if first.prev != GENESIS:
                self.problems.append(f"{first}: it names one before it, and is the first")
        elif (first.seq - 1, first.prev) in self._pruned:
            self.notes.append(f"records 1 to {first.seq - 1} were deleted by the operator, which keeps so many files")
        else:
            self.problems.append(f"{first.place}: record(s) 1 to {first.seq - 1} are missing before record {first.seq}")


def _missing(by_seq: Mapping[int, Stood]) -> Iterator[str]:
    before = 0
    for seq in sorted(by_seq):
        if before and seq > before + 1:
            gone = f"{before + 1}" if seq == before + 2 else f"{before + 1} to {seq - 1}"
            yield f"{by_seq[seq].place}: record(s) {gone} are missing before record {seq}"
        before = seq


def _unlinked(by_seq: Mapping[int, Stood]) -> Iterator[str]:
    for seq, each in by_seq.items():
        before = by_seq.get(seq - 1)
        if before is not None and before.hash != each.prev:
            yield f"{each}: it does not follow from record {seq - 1}: one of them was replaced"


def _about(fields: Fields) -> str:
    registers = fields.get("registers")
    listed = registers if isinstance(registers, list) else []
    names = ", ".join(str(each.get("name")) for each in listed if isinstance(each, dict))
    what = f"of {fields.get('namespace')}/{fields.get('name')} ({names}) at {fields.get('at')}"
    return f"{fields.get('write')} {what}: it may have been carried out"
