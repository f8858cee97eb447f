"""Files made into manifests: what is ours, what is not, and what is refused with its file and line."""

import json

import pytest
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.standalone.source.manifests import Reading
from fabgitops_operator.standalone.source.reading import read
from hypothesis import given
from hypothesis import strategies as st

PLC = "apiVersion: fabgitops.io/v1\nkind: IndustrialPLC\nmetadata: {{name: {name}}}\nspec: {{unitId: 1}}\n"


def mixer(name: str = "mixer") -> str:
    """Return a manifest of that name."""
    return PLC.format(name=name)


def reading(**files: str | bytes) -> Reading:
    """Read files; `a__b` stands for a path a/b.yaml."""
    texts = {name.replace("__", "/") + ".yaml": each for name, each in files.items()}
    return read({name: each.encode() if isinstance(each, str) else each for name, each in texts.items()}, KINDS)


def test_a_manifest_is_read_with_its_namespace_and_its_place() -> None:
    """A manifest without a namespace is in `default`, and knows file and line."""
    found = reading(lines__a=f"# line a\n{mixer()}---\n{mixer('pump')}")
    assert [(str(each.name), each.origin) for each in found.manifests] == [
        ("IndustrialPLC default/mixer", "lines/a.yaml:2"),
        ("IndustrialPLC default/pump", "lines/a.yaml:7"),
    ]
    assert found.manifests[0].body["metadata"] == {"name": "mixer", "namespace": "default"}


def test_what_the_server_says_of_an_object_is_left_out() -> None:
    """A manifest that `kubectl get -o yaml` wrote declares what a user declares, and nothing else."""
    written = mixer().replace("{name: mixer}", "{name: mixer, uid: a, resourceVersion: '7', labels: {line: a}}")
    body = reading(a=f"{written}status: {{phase: InSync}}\n").manifests[0].body
    assert body["metadata"] == {"name": "mixer", "namespace": "default", "labels": {"line": "a"}}
    assert "status" not in body


@pytest.mark.parametrize("kind", ["List", "IndustrialPLCList"])
def test_lists_are_flattened(kind: str) -> None:
    """The entries of a list are objects of their own, each with its line."""
    bodies = [{"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": n}} for n in ("a", "b")]
    text = json.dumps({"apiVersion": "v1", "kind": kind, "items": bodies}, indent=1)
    assert [each.origin for each in reading(a=text).manifests] == ["a.yaml:5", "a.yaml:12"]


def test_what_is_not_ours_is_passed_over_and_told() -> None:
    """Objects of other programs stand in the same folder, and are none of our business."""
    found = reading(a=f"apiVersion: v1\nkind: ConfigMap\n---\n{mixer()}")
    assert (len(found.manifests), found.troubles) == (1, ())
    assert found.passed_over == ("a.yaml:1: v1 ConfigMap",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "apiVersion: v1\nkind: Secret\n",
            "a.yaml:2: a Secret has no place in Git: put its files into DIR/NAMESPACE/NAME/ of --secrets DIR",
        ),
        (
            "apiVersion: fabgitops.io/v1\nkind: IndustrialPCL\n",
            (
                "a.yaml:2: there is no kind 'IndustrialPCL' of 'fabgitops.io/v1': "
                "there are fabgitops.io/v1 IndustrialPLC, fabgitops.io/v1 IndustrialPLCTemplate"
            ),
        ),
        (
            "replicas: 5\n",
            "a.yaml:1: this is no object: apiVersion and kind are missing; what is none belongs into another folder",
        ),
        (
            "- 5\n",
            "a.yaml:1: this is no object: apiVersion and kind are missing; what is none belongs into another folder",
        ),
        (mixer("x").replace("{name: x}", "{}"), "a.yaml:3: metadata.name is missing"),
        (mixer("x").replace("metadata: {name: x}\n", ""), "a.yaml:1: metadata.name is missing"),
        (
            mixer("5"),
            (
                "a.yaml:3: metadata.name is 5: at most 253 of a-z, 0-9, - and ., a letter or digit at the ends,"
                " in quotes if it is a number"
            ),
        ),
        (
            mixer("Mixer"),
            "a.yaml:3: metadata.name is 'Mixer': at most 253 of a-z, 0-9, - and ., a letter or digit at the ends",
        ),
        (
            mixer("x, namespace: ../a"),
            "a.yaml:3: metadata.namespace is '../a': at most 63 of a-z, 0-9 and -, a letter or digit at the ends",
        ),
        (
            mixer("x, labels: {line: 5}"),
            "a.yaml:3: metadata.labels.line is 5: it must be a text, so write it in quotes",
        ),
        (mixer("x, annotations: [a]"), "a.yaml:3: metadata.annotations is ['a']: it maps names to texts"),
        (
            mixer("x").replace("{name: x}", "{generateName: x-}"),
            "a.yaml:3: metadata.name is missing: a source gives names, so generateName has no place here",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(text: str, told: str) -> None:
    """What is no object of ours and looks like one, or cannot be named, is refused with file, line and way out."""
    found = reading(a=text)
    assert [str(each) for each in found.troubles] == [told]
    assert found.manifests == ()


def test_two_objects_of_one_name_are_refused_with_both_places() -> None:
    """The same name in two files is an error that names both."""
    found = reading(a=mixer(), b=f"\n{mixer()}", c=mixer("mixer, namespace: other"))
    assert [str(each) for each in found.troubles] == [
        "b.yaml:4: IndustrialPLC default/mixer: stands twice, here and at a.yaml:1: take one away"
    ]


def test_a_file_that_is_no_utf_8_is_refused_by_its_line() -> None:
    """A file in another encoding is refused where the first odd byte stands."""
    found = reading(a=b"apiVersion: v1\nkind: K\xe4se\n")
    assert [str(each) for each in found.troubles] == ["a.yaml:2: this is no UTF-8: save the file as UTF-8"]


def test_a_byte_order_mark_is_passed_over() -> None:
    """A file that begins with a byte order mark, as editors of Windows write it, is read."""
    assert len(reading(a=b"\xef\xbb\xbf" + mixer().encode()).manifests) == 1


def test_names_of_files_cannot_play_with_the_terminal() -> None:
    """Control characters in the name of a file are shown, not obeyed."""
    found = read({"\x1b[2Ja.yaml": b"- 5\n"}, KINDS)
    assert str(found.troubles[0]).startswith("\\x1b[2Ja.yaml:1: ")


PIECES = (
    *(
        b"&a ",
        b"*a ",
        b"<<: ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"---\n",
        b"...\n",
        b"!!int ",
        b"!x ",
        b"? ",
        b": ",
        b"- ",
        b"|",
    ),
    *(b"\t", b"\x00", b"\xff", b"\xef\xbb\xbf", b"%YAML 1.1\n", b"'", b'"', b'"\\ud800"', b"#", b".inf", b"1e999"),
    *(b"\r", b"\x85", b"metadata: 5\n", b"kind: List\nitems: 5\n", b"kind: List\n", b"name: 5\n", b"\n"),
)
"""What breaks YAML, or makes something else of it."""


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(PIECES), st.integers(0, 20)), max_size=8))
def test_no_file_is_a_fault_of_ours(spoilt: list[tuple[int, bytes, int]]) -> None:
    """Whatever stands in a file is read, passed over or refused in words that can be printed."""
    data = bytearray(f"{mixer()}---\n{mixer('pump')}".encode())
    for place, piece, gone in spoilt:
        data[place : place + gone] = piece
    found = reading(a=bytes(data))
    assert all(str(each).startswith("a.yaml:") for each in found.troubles)
    assert all(str(each).isprintable() for each in found.troubles)
