"""What a client takes for an answer."""

import pytest
from fabgitops_operator.standalone.api.accept import Form, Shape, form
from fabgitops_operator.standalone.store import RefusedError


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", Form(Shape.OBJECT)),
        ("*/*", Form(Shape.OBJECT)),
        ("application/json", Form(Shape.OBJECT)),
        ("application/vnd.kubernetes.protobuf,application/json", Form(Shape.OBJECT)),
        (
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io",
            Form(Shape.TABLE),
        ),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", Form(Shape.TABLE, "v1beta1")),
        ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", Form(Shape.OBJECT)),
        ("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", Form(Shape.METADATA)),
        ("application/json;q=0.5,application/json;as=Table;v=v1;g=meta.k8s.io", Form(Shape.TABLE)),
    ],
)
def test_the_first_form_that_is_served_is_taken(header: str, wanted: Form) -> None:
    """A kubectl names several forms, the one that it wants most first."""
    assert form(header) == wanted


@pytest.mark.parametrize("header", ["text/html", "application/vnd.kubernetes.protobuf", "application/json;q=0"])
def test_who_takes_nothing_that_is_served_is_refused(header: str) -> None:
    """There is no guess at what a client might do with JSON."""
    with pytest.raises(RefusedError) as refused:
        form(header)
    assert refused.value.status["code"] == 406
