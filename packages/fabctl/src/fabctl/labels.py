"""Label selectors of objects, as the API server and `-l` take them. Pure, and never fails."""

from fabctl.fields import Body, mapping, sequence, text
from fabctl.parts import texts_in


def selector_text(given: Body) -> str:
    """Return a selector (metav1.LabelSelector) as a text (labels.Selector); nothing where it selects nothing."""
    labels = [f"{text(name)}={text(value)}" for name, value in mapping(given.get("matchLabels")).items()]
    return ",".join([*labels, *map(_requirement, map(mapping, sequence(given.get("matchExpressions"))))])


def _requirement(given: Body) -> str:
    key, operator, values = text(given.get("key")), text(given.get("operator")), ",".join(texts_in(given.get("values")))
    if operator in {"In", "NotIn"}:
        return f"{key} {operator.lower()} ({values})"
    return f"!{key}" if operator == "DoesNotExist" else key
