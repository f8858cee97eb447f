"""Whether records are whole: finds what is missing, changed, out of order or cut off, and says which.

What only the one who keeps them can know is taken from the records themselves: a file that was deleted since only so
many are kept, a line that a crash cut short, and writes of which an operator that was killed could not say what came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fabgitops_operator.audit.chain import Seal, parsed, parsed_head
from fabgitops_operator.audit.judging import Chain, Place

Files = Iterable[tuple[str, Iterable[bytes]]]
"""Names of files, and their lines, each with its end."""


@dataclass(slots=True)
class Found:
    """What is in the files: the chains, and what belongs to none."""

    chains: dict[str, Chain] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Return whether there is nothing to object to."""
        return bool(self.chains) and not self.problems and not any(each.problems for each in self.chains.values())


def verify(
    files: Files, heads: Iterable[tuple[str, bytes]], seals: Mapping[str, Seal], *, among_others: bool = False
) -> Found:
    """Return what is wrong with the records in some files.

    Args:
        files: All that there are, those of a folder in its order.
        heads: What folders say that the last record of a chain is, with the names of those files.
        seals: The keys that there are, by what tells one from another; "" is none.
        among_others: Whether other lines may stand among the records, as in a log.
    """
    found = Found()
    cut: list[tuple[Place, int]] = []
    for name, lines in files:
        for number, raw in enumerate(lines, 1):
            place, ended = Place(name, number), raw.endswith(b"\n")
            line = parsed(raw.rstrip(b"\n"))
            if line is not None:
                chain = found.chains.setdefault(line.head.chain, Chain(line.head.chain, seals))
                chain.take(place, line)
            if not ended and not among_others:
                cut.append((place, len(raw)))
            elif line is None and not among_others:
                found.problems.append(f"{place}: no record: it was changed beyond recognition, or never was one")
    for chain in found.chains.values():
        chain.judge()
    told = {_judge_head(found, name, raw, seals) for name, raw in heads}
    for chain in found.chains.values():
        if chain.name not in told and not (among_others and chain.ended):
            chain.notes.append("no head.json says how far it went: that its end was cut off would not be noticed")
    for place, size in cut:
        _judge_cut(found, place, size)
    return found


def _judge_head(found: Found, name: str, raw: bytes, seals: Mapping[str, Seal]) -> str:
    """Look whether a chain has the end that is told of it, and return which chain that is."""
    line = parsed_head(raw)
    body = raw.rpartition(b',"hash":')[0]
    if line is None or not any(seal.of(body) == line.hash for seal in seals.values()):
        found.problems.append(f"{name}: changed, or sealed with a key that was not given: it says nothing of the end")
        return ""
    chain, seq = found.chains.get(line.head.chain), line.head.seq
    if chain is None:
        found.problems.append(f"{name}: nothing is there of the chain {line.head.chain}, of {seq} record(s)")
        return ""
    if chain.last < seq:
        chain.problems.append(f"record(s) {chain.last + 1} to {seq} are missing at the end: it was cut off")
    elif not any(each.hash == line.prev for each in chain.records if each.seq == seq):
        chain.problems.append(f"record {seq} is not the one that was stored as the last: the end was replaced")
    return chain.name


def _judge_cut(found: Found, place: Place, size: int) -> None:
    """Tell a line that a crash cut short from one that somebody cut: the operator's next start tells of its own."""
    said = f"{place}: the last line has no end, after {size} bytes"
    here = [(each, stood) for each in found.chains.values() for stood in each.records if stood.place.file == place.file]
    if not here:
        found.problems.append(f"{said}, and the file has no record")
        return
    chain, last = max(here, key=lambda each: each[1].place.number)
    later = [fields for stood, fields in chain.begins if stood.seq > last.seq]
    if not later:
        chain.notes.append(f"{said}: a crash in the middle of writing, or somebody cut it short")
    elif later[0].get("torn") == size:
        chain.notes.append(f"{said}: a crash in the middle of writing, as the operator noted at its next start")
    else:
        chain.problems.append(f"{said}, of which the operator's next start knows nothing: somebody cut it short")
