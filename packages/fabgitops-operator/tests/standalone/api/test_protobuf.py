"""Kubernetes' protobuf, as far as it is read."""

import pytest
from fabgitops_operator.standalone.api.protobuf import Shape, decoded

SHAPE: Shape = {2: ("spec", {1: ("resourceAttributes", {1: "namespace", 2: "verb", 5: "resource"})})}


def message(number: int, value: bytes) -> bytes:
    """Return a field that has a length."""
    return bytes([number << 3 | 2, len(value)]) + value


def test_fields_that_are_asked_for_are_found() -> None:
    """Others, and those of numbers, are passed over."""
    attributes = message(1, b"line-1") + b"\x18\x96\x01" + message(2, b"get") + message(9, b"?") + message(5, b"plcs")
    spec = message(2, message(1, attributes))
    body = b"k8s\x00" + message(1, b"\x0a\x02v1") + message(2, b"\x0d....\x11........" + spec) + message(3, b"")
    found = decoded(body, SHAPE)
    assert found == {"spec": {"resourceAttributes": {"namespace": "line-1", "verb": "get", "resource": "plcs"}}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"k8s\x00\x12\x05abc",
        b"k8s\x00\x12",
        b"k8s\x00\xff",
        b"k8s\x00" + b"\xff" * 11,
        b"k8s\x00\x0b",
        b"k8s\x00" + message(2, message(2, message(1, message(1, b"\xff\xfe")))),
    ],
)
def test_what_is_no_such_body_is_refused(body: bytes) -> None:
    """A body that is cut short, or of something else, is an error, whatever stands in it."""
    with pytest.raises(ValueError, match=r"."):
        decoded(body, SHAPE)
