"""ValidatingAdmissionPolicies: what they match, and whether they refuse (apiserver, pkg/admission/plugin/policy)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from fabgitops_core.admission.expressions import LONGEST_MESSAGE
from fabgitops_core.admission.rules import CelError, Program, compile_rule, run
from fabgitops_core.admission.wording import Cause

VARIABLES = ("object", "oldObject", "variables")
"""What an expression of a policy may name."""


_MATCHED = ("apiGroups", "apiVersions", "operations", "resources")


class Served(Protocol):
    """Which objects are asked for."""

    group: str
    version: str
    plural: str


class Request(NamedTuple):
    """What is asked for: the object as it would be stored, and as it is."""

    new: Mapping[str, Any]
    old: Mapping[str, Any] | None


class Rule:
    """An expression, compiled when it is first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def program(self) -> Program:
        """Return it compiled.

        Raises:
            SyntaxFault: It is no expression, or uses what is not there.
        """
        return compile_rule(self.text, VARIABLES)

    def asked(self, request: Request, variables: "_Variables") -> Any:
        """Return what it says.

        Raises:
            CelError: It says nothing; the message names the expression.
        """
        try:
            return run(self.program, request.new, request.old, variables)
        except CelError as error:
            raise CelError(f"expression '{self.text}' resulted in error: {error}") from None


class _Variables(dict[str, Any]):
    """The variables of a policy for one request: each is asked for when it is first needed, and once."""

    def __init__(self, rules: Mapping[str, Rule], request: Request) -> None:
        super().__init__()
        self._rules, self._request = rules, request

    def __missing__(self, name: str) -> Any:
        try:
            value = run(self._rules[name].program, self._request.new, self._request.old, self)
        except CelError as error:
            raise CelError(f'composited variable "{name}" fails to evaluate: {error}') from None
        self[name] = value
        return value


class _Validation(NamedTuple):
    """A condition of a policy, its fixed sentence and, where there is one, the expression of a better one."""

    rule: Rule
    message: str
    said: Rule | None


class Policy:
    """A policy that is bound."""

    def __init__(self, policy: Mapping[str, Any], binding: Mapping[str, Any]) -> None:
        """Read a policy and its binding.

        Raises:
            ValueError: It says what is not judged here, so that more might be let in than by the API server.
        """
        spec = policy["spec"]
        _only(spec, "failurePolicy", "matchConditions", "matchConstraints", "variables", "validations")
        _only(spec["matchConstraints"], "resourceRules")
        _only(binding["spec"], "policyName", "validationActions")
        if spec.get("failurePolicy", "Fail") != "Fail" or binding["spec"]["validationActions"] != ["Deny"]:
            raise ValueError("a policy that lets through what it cannot judge, or only warns, is not judged here")
        names = policy["metadata"]["name"], binding["metadata"]["name"]
        self._denied = "ValidatingAdmissionPolicy '{}' with binding '{}' denied request: ".format(*names)
        self._constraints: Sequence[Mapping[str, Any]] = spec["matchConstraints"]["resourceRules"]
        self._conditions = [Rule(each["expression"]) for each in spec.get("matchConditions", ())]
        self._variables = {each["name"]: Rule(each["expression"]) for each in spec.get("variables", ())}
        self._validations = [_validation(each) for each in spec["validations"]]

    def rules(self) -> Iterator[Rule]:
        """Yield all its expressions."""
        yield from (*self._conditions, *self._variables.values())
        for each in self._validations:
            yield from (rule for rule in (each.rule, each.said) if rule is not None)

    def concerns(self, served: Served, operation: str, subresource: str) -> bool:
        """Return whether it is asked about an operation on these objects, or on their subresource."""
        resource = f"{served.plural}/{subresource}" if subresource else served.plural
        asked = (served.group, served.version, operation, resource)
        return any(_matches(each, asked) for each in self._constraints)

    def refused(self, request: Request) -> Cause | None:
        """Return why it refuses; of several reasons the first, as the API server does."""
        return next(self.reasons(request), None)

    def reasons(self, request: Request) -> Iterator[Cause]:
        """Yield all reasons why it refuses, the one that the API server says first."""
        variables = _Variables(self._variables, request)
        return (Cause("", "", self._denied + why) for why in self._judged(request, variables))

    def _judged(self, request: Request, variables: _Variables) -> Iterator[str]:
        errors = []
        for condition in self._conditions:
            try:
                if condition.asked(request, variables) is False:
                    return
            except CelError as error:
                errors.append(str(error))
        if errors:
            yield errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
            return
        found = (_validated(each, request, variables) for each in self._validations)
        yield from (why for why in found if why is not None)


def _validated(validation: _Validation, request: Request, variables: _Variables) -> str | None:
    try:
        if validation.rule.asked(request, variables) is True:
            return None
    except CelError as error:
        return str(error)
    return _said(validation, request, variables) or validation.message


def _said(validation: _Validation, request: Request, variables: _Variables) -> str:
    if validation.said is None:
        return ""
    try:
        said = validation.said.asked(request, variables)
    except CelError:
        return ""  # the API server falls back to the fixed sentence, too
    text = said.strip() if isinstance(said, str) else ""
    return "" if "\n" in text or len(text.encode("utf-8", "surrogatepass")) > LONGEST_MESSAGE else text


def _validation(given: Mapping[str, Any]) -> _Validation:
    _only(given, "expression", "reason", "message", "messageExpression")
    if given.get("reason", "Invalid") != "Invalid":
        raise ValueError(f"a refusal for reason {given['reason']} is not judged here")
    said = Rule(given["messageExpression"]) if "messageExpression" in given else None
    message = given.get("message", "").strip() or f"failed expression: {given['expression'].strip()}"
    return _Validation(Rule(given["expression"]), message, said)


def _only(given: Mapping[str, Any], *known: str) -> None:
    if unknown := given.keys() - set(known):
        raise ValueError(f"not judged here: {', '.join(sorted(unknown))} of a policy")


def _matches(constraint: Mapping[str, Any], asked: Sequence[str]) -> bool:
    _only(constraint, *_MATCHED)
    return all("*" in constraint[name] or each in constraint[name] for name, each in zip(_MATCHED, asked, strict=True))


def bound(documents: Sequence[Mapping[str, Any]]) -> list[Policy]:
    """Return the policies among some objects that are bound, in order.

    Raises:
        ValueError: One says what is not judged here.
    """
    named = {each["metadata"]["name"]: each for each in documents if each["kind"] == "ValidatingAdmissionPolicy"}
    bindings = [each for each in documents if each["kind"] == "ValidatingAdmissionPolicyBinding"]
    return [Policy(named[each["spec"]["policyName"]], each) for each in bindings]
