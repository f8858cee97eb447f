"""Whatever a BMC answers, a value comes out of each field that is read, and one that can be told on."""

from typing import Any

import pytest
from fabgitops_operator.redfish import models
from hypothesis import given
from hypothesis import strategies as st

READ = (
    models.Root,
    models.Page,
    models.System,
    models.Chassis,
    models.Manager,
    models.Interface,
    models.ActionInfo,
)
NAMES = sorted(
    {
        field.alias or name
        for model in vars(models).values()
        if isinstance(model, type) and issubclass(model, models.Loose)
        for name, field in model.model_fields.items()
    }
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
)


@pytest.mark.parametrize("model", READ, ids=lambda model: model.__name__)
@given(answer=st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_no_answer_is_an_exception(model: type[models.Loose], answer: dict[str, Any]) -> None:
    """Fields of any type, nested in any way, are read without a fault, and texts are fit for a terminal."""
    read = model.model_validate(answer)
    for name, value in read:
        if isinstance(value, str) and name not in {"id", "next", "target", "info"}:
            assert value.isprintable()
            value.encode()
