"""What a caller asks about itself: who am I, may I do this, what may I do (`kubectl auth whoami`, `can-i`)."""

from collections.abc import Iterable, Sequence
from typing import Any

from fabgitops_operator.hosting.exchange import JSON, Reply, Request, said
from fabgitops_operator.hosting.strict_json import parsed
from fabgitops_operator.standalone.api import protobuf
from fabgitops_operator.standalone.api.access import Caller, Role, needed
from fabgitops_operator.standalone.api.refusals import bad_request, unsupported_media_type
from fabgitops_operator.standalone.api.served import Served
from fabgitops_operator.standalone.api.verbs import verbs

AUTHENTICATION, AUTHORIZATION = "authentication.k8s.io", "authorization.k8s.io"

REVIEWS: dict[tuple[str, str], str] = {
    (AUTHENTICATION, "selfsubjectreviews"): "SelfSubjectReview",
    (AUTHORIZATION, "selfsubjectaccessreviews"): "SelfSubjectAccessReview",
    (AUTHORIZATION, "selfsubjectrulesreviews"): "SelfSubjectRulesReview",
}
"""The kinds, by group and name in paths; all are v1, and can be created alone."""

_PROTOBUF = "application/vnd.kubernetes.protobuf"
_SHAPES: dict[str, protobuf.Shape] = {
    "SelfSubjectReview": {},
    "SelfSubjectAccessReview": {
        2: (
            "spec",
            {
                1: (
                    "resourceAttributes",
                    {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"},
                ),
                2: ("nonResourceAttributes", {1: "path", 2: "verb"}),
            },
        )
    },
    "SelfSubjectRulesReview": {2: ("spec", {1: "namespace"})},
}


def reviewed(group: str, kind: str, request: Request, caller: Caller, served: Sequence[Served]) -> Reply:
    """Answer a review.

    Raises:
        RefusedError: It cannot be read (400, 415).
    """
    spec = _spec(request, kind)
    answer: dict[str, Any] = {"kind": kind, "apiVersion": f"{group}/v1", "metadata": {}}
    if kind == "SelfSubjectReview":
        groups = [f"fabgitops:{caller.role.value}", "system:authenticated"]
        return said(answer | {"status": {"userInfo": {"username": caller.name, "groups": groups}}}, 201)
    if kind == "SelfSubjectRulesReview":
        return said(answer | {"spec": {}, "status": _rules(caller, served)}, 201)
    why = _why_not(spec, caller, served)
    status = {"allowed": not why} | ({"reason": why} if why else {})
    return said(answer | {"spec": spec, "status": status}, 201)


def _spec(request: Request, kind: str) -> dict[str, Any]:
    try:
        if request.media_type == _PROTOBUF:
            body: Any = protobuf.decoded(request.body, _SHAPES[kind])
        elif request.media_type == JSON:
            body, _twice = parsed(request.body)
        else:
            raise unsupported_media_type(
                f"the body of the request was in an unknown format - accepted media types include: {JSON}, {_PROTOBUF}"
            )
    except ValueError as error:
        raise bad_request(f"the {kind} cannot be read: {error}") from None
    spec = (body.get("spec") or {}) if isinstance(body, dict) else None
    if not isinstance(spec, dict):
        raise bad_request(f"the {kind} cannot be read: its spec must be an object")
    return spec


def _why_not(spec: dict[str, Any], caller: Caller, served: Iterable[Served]) -> str:
    """Return why a caller may not do what it asks about, or nothing."""
    if isinstance(asked := spec.get("resourceAttributes"), dict):
        return _why_not_resource({name: str(value) for name, value in asked.items()}, caller, served)
    if isinstance(asked := spec.get("nonResourceAttributes"), dict):
        return "" if asked.get("verb") in {"get", "head"} else "pages can only be got"
    raise bad_request(
        "the SelfSubjectAccessReview asks about nothing: give resourceAttributes or nonResourceAttributes"
    )


def _why_not_resource(asked: dict[str, str], caller: Caller, served: Iterable[Served]) -> str:
    verb, plural, subresource = asked.get("verb", ""), asked.get("resource", ""), asked.get("subresource", "")
    if "*" in {verb, plural, asked.get("group", "")}:
        return _lacking(caller, Role.CONTROLLER)
    for each in served:
        if (each.group, each.plural) == (asked.get("group", ""), plural) and verb in verbs(each, subresource):
            return _lacking(caller, needed(verb, subresource))
    if (asked.get("group", ""), plural) in REVIEWS and verb == "create":
        return ""
    return "that is not served here"


def _lacking(caller: Caller, role: Role) -> str:
    return "" if caller.may(role) else f"it takes the role {role.value}, and {caller.name} has {caller.role.value}"


def _rules(caller: Caller, served: Iterable[Served]) -> dict[str, Any]:
    rules = [{"verbs": ["create"], "apiGroups": [group], "resources": [plural]} for group, plural in REVIEWS]
    for each in served:
        for subresource in ("", "status"):
            may = [verb for verb in verbs(each, subresource) if caller.may(needed(verb, subresource))]
            name = f"{each.plural}/{subresource}" if subresource else each.plural
            rules += [{"verbs": may, "apiGroups": [each.group], "resources": [name]}] if may else []
    pages = [{"verbs": ["get"], "nonResourceURLs": ["*"]}]
    return {"resourceRules": rules, "nonResourceRules": pages, "incomplete": False}
