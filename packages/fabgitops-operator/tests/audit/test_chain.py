"""The chain of records: whoever changes, deletes, moves or cuts off a record is found, and the record is named."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from fabgitops_operator.audit.chain import Seal, parsed
from fabgitops_operator.audit.folder import HEAD, Folder, files_in
from fabgitops_operator.audit.verify import Found, verify
from fabgitops_operator.audit.writer import Writer
from hypothesis import given
from hypothesis import strategies as st

KEY = b"a key of thirty-two bytes, or so"
KEYED, PLAIN = Seal(KEY), Seal()

ABOUT = {"namespace": "plant", "name": "mixer", "at": "2026-01-01T00:00:00Z"}

Lines = dict[str, list[bytes]]


def kept(path: Path, seal: Seal, keep: int = 0) -> None:
    """Keep 40 records or so in a folder: three runs, small files, one write without an outcome, one end in a hurry."""
    for run in range(3):
        writer = Writer(Folder(path, 1500, keep, sync=False), seal)
        for number in range(4):
            attempt = {"record": "attempt", "write": f"{run}-{number}", **ABOUT}
            writer.write([attempt, {"record": "outcome", "write": f"{run}-{number}", "result": "done"}])
            writer.write([{"record": "proof", "write": f"{run}-{number}", "proven": True}])
        if run == 1:
            writer.write([{"record": "attempt", "write": "lost", "registers": [{"name": "speed"}], **ABOUT}])
        else:
            writer.write([{"record": "end", "at": "2026-01-01T00:00:00Z"}])
        writer.close()


def lines_of(path: Path) -> Lines:
    """Return the lines of each file, as far as they are records."""
    return {file.name: file.read_bytes().splitlines(keepends=True) for file in files_in([path])}


def found(lines: Mapping[str, Iterable[bytes]], head: bytes | None, seal: Seal) -> Found:
    """Return what is found in files."""
    heads = [] if head is None else [(HEAD, head)]
    return verify(lines.items(), heads, {each.key_id: each for each in (PLAIN, seal)})


def problems(of: Found) -> list[str]:
    """Return everything that is wrong."""
    return [*of.problems, *(problem for chain in of.chains.values() for problem in chain.problems)]


def names(problem: str, seq: int, place: str) -> bool:
    """Return whether a problem names a record by its number, or its place."""
    spans = [
        (int(first), int(last or first)) for first, last in re.findall(r"record\(s\) (\d+)(?: to (\d+))?", problem)
    ]
    alone = [int(each) for each in re.findall(r"record (\d+)", problem)]
    return seq in alone or any(first <= seq <= last for first, last in spans) or problem.startswith(f"{place}:")


@pytest.fixture(scope="module", params=[PLAIN, KEYED], ids=["sha256", "hmac"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lines, bytes, Seal]:
    """Return files in which nothing is wrong, what says where they end, and how they are sealed."""
    path, seal = tmp_path_factory.mktemp("audit"), request.param
    kept(path, seal)
    return lines_of(path), (path / HEAD).read_bytes(), seal


Whole = tuple[Lines, bytes, Seal]


def test_what_was_kept_is_whole(whole: Whole) -> None:
    """Over rotations and restarts there is one chain, without a problem; of a run that was killed a note tells."""
    lines, head, seal = whole
    said = found(lines, head, seal)
    assert problems(said) == []
    assert said.whole
    (chain,) = said.chains.values()
    assert len(lines) > 5
    assert chain.notes == [
        next(note for note in chain.notes if "nothing says what came of the write lost of plant/mixer (speed)" in note)
    ]


@given(data=st.data())
def test_a_byte_that_is_changed_is_found(whole: Whole, data: st.DataObject) -> None:
    """Any byte of any record that is another one is found, and that record is named, or its line."""
    lines, head, seal = whole
    file = data.draw(st.sampled_from(sorted(lines)))
    number = data.draw(st.integers(0, len(lines[file]) - 1))
    line = bytearray(lines[file][number])
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[at]))
    changed = (b"".join([*lines[file][:number], bytes(line), *lines[file][number + 1 :]])).splitlines(keepends=True)
    seq = seq_of(lines[file][number])
    said = problems(found({**lines, file: changed}, head, seal))
    assert any(names(problem, seq, f"{file}:{number + 1}") for problem in said), said


@given(data=st.data())
def test_a_record_that_is_deleted_is_found(whole: Whole, data: st.DataObject) -> None:
    """Each record that is missing, be it the first, the last or between, is named."""
    lines, head, seal = whole
    file = data.draw(st.sampled_from(sorted(lines)))
    number = data.draw(st.integers(0, len(lines[file]) - 1))
    left = [line for at, line in enumerate(lines[file]) if at != number]
    said = problems(found({**lines, file: left}, head, seal))
    assert any(names(problem, seq_of(lines[file][number]), "-") for problem in said), said


@given(data=st.data())
def test_records_that_change_places_are_found(whole: Whole, data: st.DataObject) -> None:
    """Of two records that stand in each other's place one is named as out of order."""
    lines, head, seal = whole
    places = [(file, number) for file in sorted(lines) for number in range(len(lines[file]))]
    one, other = data.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True))
    moved = {file: list(each) for file, each in lines.items()}
    moved[one[0]][one[1]], moved[other[0]][other[1]] = lines[other[0]][other[1]], lines[one[0]][one[1]]
    seqs = [seq_of(lines[file][number]) for file, number in (one, other)]
    said = [each for each in problems(found(moved, head, seal)) if "out of order" in each]
    assert any(names(problem, seq, "-") for problem in said for seq in seqs), said


@given(data=st.data())
def test_an_end_that_is_cut_off_is_found(whole: Whole, data: st.DataObject) -> None:
    """Wherever the last records are cut off, in a line or between two, the missing ones are named."""
    lines, head, seal = whole
    names_, content = sorted(lines), b"".join(line for file in sorted(lines) for line in lines[file])
    left = data.draw(st.integers(0, len(content) - 2))
    cut: Lines = {}
    for file in names_:
        size = sum(map(len, lines[file]))
        cut[file] = b"".join(lines[file])[: max(left, 0)].splitlines(keepends=True)
        left -= size
    said = found(cut, head, seal)
    last = seq_of(lines[names_[-1]][-1])
    assert not said.whole
    assert not said.chains or any(names(problem, last, "-") for problem in problems(said)), problems(said)


@given(data=st.data())
def test_a_record_that_is_repeated_is_found(whole: Whole, data: st.DataObject) -> None:
    """A record that stands there twice is named with both places."""
    lines, head, seal = whole
    file = data.draw(st.sampled_from(sorted(lines)))
    number = data.draw(st.integers(0, len(lines[file]) - 1))
    said = problems(found({**lines, file: [*lines[file], lines[file][number]]}, head, seal))
    assert any("repeated" in each and f"record {seq_of(lines[file][number])}:" in each for each in said), said


def test_a_forged_hash_is_found(whole: Whole) -> None:
    """Whoever changes a record and gives it the right hash breaks the link to the next; with a key nobody else can."""
    lines, head, seal = whole
    file = sorted(lines)[1]
    line = parsed(lines[file][1].rstrip(b"\n"))
    assert line is not None
    body = line.body.replace(b'"write":"', b'"write":"2')
    forged = [lines[file][0], body + b',"hash":"' + PLAIN.of(body).encode() + b'"}\n', *lines[file][2:]]
    said = problems(found({**lines, file: forged}, head, seal))
    seq = seq_of(lines[file][1])
    assert any(f"it does not follow from record {seq}: one of them was replaced" in each for each in said)
    assert any(f"record {seq}: changed" in each for each in said) is (seal is KEYED)


def test_a_chain_that_is_made_anew_without_the_key_is_found(tmp_path: Path) -> None:
    """A chain that is whole, and that anybody could have written, is none for whoever has the key."""
    kept(tmp_path, PLAIN)
    said = problems(found(lines_of(tmp_path), (tmp_path / HEAD).read_bytes(), KEYED))
    assert "record 1: from here on there is no key: anybody could have written it" in said[0]


def test_files_that_are_not_kept_leave_a_trace(tmp_path: Path) -> None:
    """The oldest files may go when the operator deletes them; when somebody else deletes one that is found."""
    kept(tmp_path, KEYED, keep=3)
    lines, head = lines_of(tmp_path), (tmp_path / HEAD).read_bytes()
    first = seq_of(lines[sorted(lines)[0]][0])
    said = found(lines, head, KEYED)
    assert (len(lines), problems(said)) == (3, [])
    assert any(f"records 1 to {first - 1} were deleted" in note for each in said.chains.values() for note in each.notes)
    del lines[sorted(lines)[0]]
    assert any("are missing before" in each for each in problems(found(lines, head, KEYED)))


def test_records_are_found_among_the_lines_of_a_log(whole: Whole) -> None:
    """In a log other lines are passed over, and a record that is missing is named all the same."""
    lines, _, seal = whole
    log = [b"2026-01-01 something else\n"]
    log += [each for file in sorted(lines) for line in lines[file] for each in (line, b'{"level": "info"}\n')]
    seals = {each.key_id: each for each in (PLAIN, seal)}
    assert verify([("log", log)], [], seals, among_others=True).whole
    without = [line for line in log if b'"seq":7,' not in line]
    assert any(
        "record(s) 7 are missing" in each for each in problems(verify([("log", without)], [], seals, among_others=True))
    )


def seq_of(line: bytes) -> int:
    """Return the number of a record."""
    return int(json.loads(line)["seq"])
