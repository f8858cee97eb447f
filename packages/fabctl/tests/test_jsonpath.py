r"""Templates of paths, as kubectl has them; that it says the same is tried beside kubectl in the integration tests."""

from typing import Any

import pytest
from fabctl.columns import custom_table
from fabctl.errors import UsageError
from fabctl.jsonpath import Template

BODY: dict[str, Any] = {
    "metadata": {"name": "mixer", "labels": {"a.b/c": "x", "line": "3"}},
    "spec": {"registers": [{"name": "a", "value": 1}, {"name": "b", "value": 2.5}, {"name": "c"}]},
    "status": {"ready": True, "nothing": None, "conditions": [{"type": "Ready", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{.metadata.name}", "mixer"),
        ("{metadata.name}", "mixer"),
        ("{$.metadata.name}", "mixer"),
        ("name: {.metadata.name}!", "name: mixer!"),
        ("{.spec.registers[*].name}", "a b c"),
        ("{.spec.registers[0].name}{.spec.registers[-1].name}", "ac"),
        ("{.spec.registers[0:2].name}", "a b"),
        ("{.spec.registers[0,2].name}", "a c"),
        ('{.spec.registers[?(@.name=="b")].value}', "2.5"),
        ("{.spec.registers[?(@.value>1)].name}", "b"),
        ("{.spec.registers[?(@.value)].name}", "a b"),
        ('{.status.conditions[?(@.type=="Ready")].status}', "True"),
        (r"{.metadata.labels.a\.b/c}", "x"),
        ("{.metadata.labels['a.b/c']}", "x"),
        ("{..value}", "1 2.5"),
        ('{range .spec.registers[*]}{.name}{"\\t"}{.value}{"\\n"}{end}', "a\t1\nb\t2.5\nc\t\n"),
        ("{.status.ready} {.status.nothing} {.nowhere.at.all}", "true <nil> "),
        ("{.metadata.labels}", '{"a.b/c":"x","line":"3"}'),
        ("{.spec.registers[7].name}", ""),
        ("{'a}b'}", "a}b"),
        ("", ""),
    ],
)
def test_a_template_is_filled_in(template: str, said: str) -> None:
    """Paths, lists, filters, ranges; what is not there is nothing."""
    assert Template(template).filled(BODY) == said


@pytest.mark.parametrize(
    "template",
    [
        *("{.a", "{range .a}", "{end}", "{.a[x]}", "{.a[?(@.b==c)]}", "{.a[?x]}", '{"open}', "{a b}"),
        *("{.a[::0]}", f"{{.a[{'9' * 5000}:]}}", f"{{.a[{'9' * 5000}]}}"),
    ],
)
def test_what_is_no_template_is_wrong_usage(template: str) -> None:
    """It is said what makes no sense."""
    with pytest.raises(UsageError):
        Template(template).filled(BODY)


def test_columns_are_chosen() -> None:
    """By paths with or without a dot and braces; what is not there says so, and nothing commands a terminal."""
    hostile = {"metadata": {"name": "\x1b[2Jx"}}
    table = custom_table("NAME:.metadata.name,ON:{.status.ready},ALL:spec.registers[*].name", [BODY, hostile])
    assert table.headers == ("NAME", "ON", "ALL")
    assert table.rows == (("mixer", "true", "a,b,c"), ("\N{REPLACEMENT CHARACTER}[2Jx", "<none>", "<none>"))
    for given in ("NAME", "NAME:", ":.a", "A:.a[x"):
        with pytest.raises(UsageError):
            custom_table(given, [])
