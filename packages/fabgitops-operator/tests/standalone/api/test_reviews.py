"""What callers ask about themselves."""

from typing import Any

import pytest
from fabgitops_operator.standalone.api.access import Access, Role, Token, digest
from fabgitops_operator.standalone.resources import RESOURCES

ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
PROTOBUF = "application/vnd.kubernetes.protobuf"


@pytest.fixture
def as_(ask: Any) -> Any:
    """Asks with a role's token."""
    tokens = [Token(role.value, role, digest(role.value)) for role in Role]

    def chosen(role: str) -> Any:
        other = type(ask)(
            type(ask.api)(ask.store, ask.objects, RESOURCES, Access(lambda: tokens), float), ask.store, ask.objects
        )

        async def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
            return await other(method, path, body, authorization=f"Bearer {role}", **headers)

        return call

    return chosen


def review(verb: str, resource: str = "industrialplcs", group: str = "fabgitops.io", **more: str) -> dict[str, Any]:
    """Return a question."""
    attributes = {"verb": verb, "resource": resource, "group": group, "namespace": "line-1", **more}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }


@pytest.mark.parametrize(
    ("role", "body", "allowed"),
    [
        ("read", review("get"), True),
        ("read", review("patch"), False),
        ("operate", review("patch"), True),
        ("operate", review("patch", subresource="status"), False),
        ("controller", review("patch", subresource="status"), True),
        ("controller", review("patch", subresource="scale"), False),
        ("operate", review("list", "events", ""), True),
        ("operate", review("get", "pods", ""), False),
        ("operate", review("*", "*", "*"), False),
        ("controller", review("*", "*", "*"), True),
        ("read", review("create", "selfsubjectreviews", "authentication.k8s.io"), True),
        ("controller", review("deletecollection", "namespaces", ""), False),
        ("read", {"spec": {"nonResourceAttributes": {"path": "/version", "verb": "get"}}}, True),
        ("controller", {"spec": {"nonResourceAttributes": {"path": "/version", "verb": "delete"}}}, False),
    ],
)
async def test_a_role_knows_what_it_may(role: str, body: dict[str, Any], allowed: bool, as_: Any) -> None:
    """What is refused is refused with a reason."""
    got = await as_(role)("POST", ACCESS, body)
    assert (got.status, got.json["status"]["allowed"]) == (201, allowed)
    assert bool(got.json["status"].get("reason")) is not allowed


async def test_kubectl_asks_in_protobuf(as_: Any) -> None:
    """The question is read as far as needed; the answer is JSON."""

    def message(number: int, value: bytes) -> bytes:
        return bytes([number << 3 | 2, len(value)]) + value

    for verb, allowed in ((b"get", True), (b"delete", False)):
        attributes = message(2, verb) + message(3, b"fabgitops.io") + message(5, b"industrialplcs")
        body = b"k8s\x00" + message(1, b"") + message(2, message(2, message(1, attributes)))
        got = await as_("read")("POST", ACCESS, body, content_type=PROTOBUF)
        assert (got.status, got.type, got.json["status"]["allowed"]) == (201, "application/json", allowed)
    who = await as_("read")("POST", WHO, b"k8s\x00" + message(2, b""), content_type=PROTOBUF)
    assert who.json["status"]["userInfo"] == {
        "username": "read", "groups": ["fabgitops:read", "system:authenticated"]
    }  # fmt: skip


async def test_rules_say_the_same(as_: Any) -> None:
    """`kubectl auth can-i --list`."""
    for role, verbs in (("read", {"get", "list", "watch"}), ("operate", {"create", "patch", "delete", "get"})):
        rules = (await as_(role)("POST", RULES, {"spec": {"namespace": "line-1"}})).json["status"]["resourceRules"]
        found = next(set(rule["verbs"]) for rule in rules if rule["resources"] == ["industrialplcs"])
        assert verbs <= found
        assert (found == verbs) is (role == "read")


@pytest.mark.parametrize(
    ("body", "type_", "code"),
    [
        (b"k8s\x00\xff", PROTOBUF, 400), (b"{", "application/json", 400), (b"[]", "application/json", 400),
        (b'{"spec":7}', "application/json", 400), (b"{}", "application/json", 400), (b"{}", "text/plain", 415),
        (b"", "application/json", 400),
    ],
)  # fmt: skip
async def test_what_asks_nothing_is_refused(body: bytes, type_: str, code: int, as_: Any) -> None:
    """With the reason."""
    assert (await as_("read")("POST", ACCESS, body, content_type=type_)).status == code


@pytest.mark.parametrize(
    ("role", "method", "path", "code"),
    [
        ("read", "GET", "", 200), ("read", "DELETE", "/mixer", 403), ("operate", "DELETE", "/mixer", 200),
        ("operate", "PATCH", "/mixer/status", 403), ("controller", "PATCH", "/mixer/status", 200),
        ("read", "DELETE", "", 403),
    ],
)  # fmt: skip
async def test_a_role_is_held_to(role: str, method: str, path: str, code: int, ask: Any, as_: Any) -> None:
    """Who lacks it is told which one it takes."""
    await ask.make("mixer")
    body = {"status": {"phase": "Ready"}} if method == "PATCH" else None
    got = await as_(role)(method, f"/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs{path}", body)
    assert got.status == code
    if code == 403:
        assert got.json["reason"] == "Forbidden"
        needed = "controller" if path.endswith("status") else "operate"
        assert got.json["message"].endswith(f"it takes the role {needed}, and this one is {role}")
        assert f'User "{role}" cannot' in got.json["message"]


async def test_who_does_not_say_who_it_is_gets_the_free_pages_alone(as_: Any) -> None:
    """Its version, as in Kubernetes."""
    assert (await as_("nobody")("GET", "/version")).status == 200
    for path in ("/api", "/apis", "/openapi/v3", "/apis/fabgitops.io/v1/industrialplcs", "/nosuch", ACCESS):
        got = await as_("nobody")("GET", path)
        assert (got.status, got.json["reason"], got.headers["WWW-Authenticate"]) == (401, "Unauthorized", "Bearer")
