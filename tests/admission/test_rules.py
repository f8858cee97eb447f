"""Every rule that is shipped can be judged without an API server: those of all kinds, and those of the policy."""

from collections.abc import Iterator

import pytest
from fabgitops_core.admission.expressions import SELF, TRANSITION
from fabgitops_core.admission.policies import VARIABLES, bound
from fabgitops_core.admission.rules import SyntaxFault, compile_rule, pattern
from fabgitops_core.admission.structure import Structure, structure
from fabgitops_core.api.chaos.experiment import CHAOS_EXPERIMENT
from fabgitops_core.api.chaos.policy import CHAOS_POLICY
from fabgitops_core.api.chaos.schedule import CHAOS_SCHEDULE
from fabgitops_core.api.crd import definition
from fabgitops_core.api.kinds import Kind
from fabgitops_core.api.rack import RACK, RACK_TEMPLATE
from fabgitops_core.control.kinds import KINDS
from fabgitops_operator.standalone.judging import policies


def nodes(known: Structure) -> Iterator[Structure]:
    """Yield a node and all below it."""
    yield known
    for each in (*known.properties.values(), known.additional, known.items):
        if each is not None:
            yield from nodes(each)


def schema(kind: Kind) -> Structure:
    """Return the schema of a kind's definition."""
    return structure(definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"])


@pytest.mark.parametrize(
    "kind", [*KINDS, RACK_TEMPLATE, RACK, CHAOS_EXPERIMENT, CHAOS_SCHEDULE, CHAOS_POLICY], ids=lambda kind: kind.plural
)
def test_every_rule_of_a_kind_is_understood(kind: Kind) -> None:
    """Each rule of a definition, each sentence that it puts together and each pattern can be evaluated here."""
    for node in nodes(schema(kind)):
        for rule in node.rules:
            for text in filter(None, (rule.rule, rule.said)):
                compile_rule(text, TRANSITION)
        pattern(node.pattern)


def test_every_rule_of_the_policy_is_understood() -> None:
    """Each condition, variable and validation of the policy uses only functions that there are here."""
    texts = [rule.text for policy in bound(policies()) for rule in policy.rules()]
    assert len(texts) > 50
    for text in texts:
        compile_rule(text, VARIABLES)


@pytest.mark.parametrize("text", ["sorted(self)", "self.split(',')", "other == 1", "self.exists_one(x, x == 1)"])
def test_a_rule_that_uses_what_is_not_here_is_found(text: str) -> None:
    """A function, a macro or a name that nobody registered is refused when the rule is compiled, not when it is run."""
    with pytest.raises(SyntaxFault):
        compile_rule(text, SELF)
