"""What is refused, and how it is said."""

from typing import Any

import pytest
from fabgitops_operator.facade.ports import Told
from fabgitops_operator.hosting.exchange import Request

from .conftest import SPEC, Client, Kubernetes, facade_of, refusal

WITHOUT_COUNT = {"chassisConfig": SPEC["chassisConfig"]}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (SPEC, "name: is required"),
        ({"name": "", **SPEC}, "name: '' is no DNS label"),
        ({"name": "Rack_01", **SPEC}, "name: 'Rack_01' is no DNS label: at most 63 of a-z, 0-9 and -"),
        ({"name": "a.b", **SPEC}, "name: 'a.b' is no DNS label"),
        ({"name": "a" * 64, **SPEC}, "is no DNS label"),
        ({"name": "a\n", **SPEC}, "is no DNS label"),
        ({"name": 7, **SPEC}, "name: 7 is no DNS label"),
        ({"name": ["a"], **SPEC}, "is no DNS label"),
        ({"name": "a", "labels": {"b": 1}}, "labels: must be an object of texts"),
        ({"name": "a", "annotations": ["b"]}, "annotations: must be an object of texts"),
        ({"name": "a", "spec": SPEC}, "spec: there is no such field: the body is flat"),
        ([{"name": "a"}], "the body must be an object"),
        (b"{'name': 1}", "the body is no JSON"),
        (b'{"name": NaN}', "the body is no JSON"),
        (b'{"name": "a", "name": "b"}', "the body gives a field twice: name"),
        (b"[" * 100_000, "the body is no JSON"),
        (b"\xff", "the body is no JSON"),
        (b"", "the body is no JSON"),
    ],
)
async def test_a_body_that_makes_nothing(ask: Client, kubernetes: Kubernetes, body: Any, says: str) -> None:
    """It is 400 and says what is wrong, and the API server is not asked."""
    refused = await ask("POST", "/racktemplates", body)
    assert refused.code == 400
    assert says in refused.error
    assert not kubernetes.asked


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"templateUID": "no-such"}, "templateUID: there is no RackTemplate of the uid 'no-such'"),
        ({"templateUID": 7}, "templateUID: there is no RackTemplate of the uid 7"),
        ({"templateRef": {"name": "t"}}, "templateRef: there is no such field here: give templateUID, the uid"),
    ],
)
async def test_a_reference_that_leads_nowhere(ask: Client, kubernetes: Kubernetes, spec: Any, says: str) -> None:
    """It is refused with the field's name here."""
    refused = await ask("POST", "/racks", {"name": "r", **spec})
    assert (refused.code, refused.error) == (400, says)
    assert not kubernetes.asked


async def test_causes_are_told_with_the_names_of_here(ask: Client, kubernetes: Kubernetes) -> None:
    """What the API server finds wrong is 400, each field by its name in the body."""
    number = "Invalid value: 43: spec.chassisCount in body should be less than or equal to 42"
    causes = [
        {"field": "spec.chassisCount", "reason": "FieldValueInvalid", "message": number},
        {"field": "spec.templateRef", "reason": "FieldValueRequired", "message": "Required value"},
        {"field": "metadata.name", "reason": "FieldValueInvalid", "message": "Invalid value: too long"},
        {
            "field": "<nil>",
            "reason": "FieldValueInvalid",
            "message": "Invalid value: null: some rules were not checked",
        },
    ]
    kubernetes.answers = [refusal(422, "Invalid", "Rack is invalid: ...", causes=causes)]
    refused = await ask("POST", "/racks", {"name": "r"})
    assert refused.code == 400
    assert refused.error == (
        "chassisCount: Invalid value: 43: chassisCount in body should be less than or equal to 42; "
        "templateUID: Required value; name: Invalid value: too long"
    )


@pytest.mark.parametrize(
    ("told", "code", "says"),
    [
        (refusal(400, "BadRequest", 'strict decoding error: unknown field "spec.colour"'), 400, 'field "colour"'),
        (refusal(403, "Forbidden", 'User "anna" cannot create resource "racks"'), 403, 'User "anna" cannot create'),
        (refusal(409, "AlreadyExists", 'racks "r" already exists'), 409, "already exists"),
        (refusal(413, "RequestEntityTooLarge", "too large"), 413, "too large"),
        (refusal(500, "InternalError", "etcdserver: mvcc: database space exceeded"), 502, "database space exceeded"),
        (Told(404, None), 503, "does not serve racktemplates.fabgitops.io: its definition is not installed"),
        (Told(302, None), 502, "what answered 302 is no API server"),
        (Told(200, "<html>"), 502, "what answered 200 is no API server"),
    ],
)
async def test_what_the_api_server_refuses(
    ask: Client, kubernetes: Kubernetes, told: Told, code: int, says: str
) -> None:
    """It is told with a code that fits, and in its words."""
    kubernetes.answers = [told]
    refused = await ask("POST", "/racktemplates", {"name": "r", **SPEC})
    assert refused.code == code
    assert says in refused.error


async def test_a_pause_that_is_asked_for_is_passed_on(ask: Client, kubernetes: Kubernetes) -> None:
    """Who is too many is told for how long."""
    told = refusal(429, "TooManyRequests", "too many")
    kubernetes.answers = [Told(429, told.body, "7")]
    refused = await ask("GET", "/racks")
    assert (refused.code, refused.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(
    ("patch", "kind", "code", "says"),
    [
        ([], "application/merge-patch+json", 400, "a list of steps goes as application/json-patch+json"),
        ({}, "application/json-patch+json", 400, "a list of steps"),
        ([1], "application/json-patch+json", 400, "a list of steps"),
        ([{"op": "no"}], "application/json-patch+json", 422, "step 0"),
        ([{"op": "remove", "path": "/nothing"}], "application/json-patch+json", 422, "step 0 (remove /nothing)"),
        ([{"op": "test", "path": "/chassisCount", "value": 3}], "application/json-patch+json", 422, "step 0 (test"),
        ([{"op": "replace", "path": "", "value": 3}], "application/json-patch+json", 422, "leaves no object"),
        ([{"op": "test", "path": "", "value": {}}] * 101, "application/json-patch+json", 422, "101 steps"),
        ({"a.b": 1}, "application/shorthand-patch+json", 422, "a.b: there is no a to set it in"),
        ({"chassisCount.b": 1}, "application/shorthand-patch+json", 422, "there is no chassisCount"),
        ({"": 1}, "application/shorthand-patch+json", 422, "there is no path"),
        ([], "application/shorthand-patch+json", 400, "an object of dotted paths"),
        ({}, "application/strategic-merge-patch+json", 415, "application/merge-patch+json"),
        ({}, "text/plain", 415, "application/shorthand-patch+json"),
    ],
)
async def test_a_patch_that_cannot_be_carried_out(
    ask: Client, kubernetes: Kubernetes, patch: Any, kind: str, code: int, says: str
) -> None:
    """It says which step, and nothing is written."""
    uid = kubernetes.add("RackTemplate", "t", SPEC)
    refused = await ask("PATCH", f"/racktemplates/{uid}", patch, content_type=kind)
    assert refused.code == code
    assert says in refused.error
    assert all(each.method == "GET" for each, _who in kubernetes.asked)


async def test_a_patch_that_doubles_itself_ends_early(ask: Client, kubernetes: Kubernetes) -> None:
    """Copies into itself are stopped by the size of what they add, not by the memory of the machine."""
    uid = kubernetes.add("RackTemplate", "t", {**SPEC, "a": {"x": "x" * 1000}})
    steps = [{"op": "copy", "from": "/a", "path": f"/a/b{number}"} for number in range(100)]
    refused = await ask("PATCH", f"/racktemplates/{uid}", steps, content_type="application/json-patch+json")
    assert refused.code == 422
    assert "the copies add more than 1048576 bytes" in refused.error


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/", 404),
        ("GET", "/chassiss", 404),
        ("GET", "/racks/", 404),
        ("GET", "/racks/u/spec", 404),
        ("GET", "/racks/u/status/x", 404),
        ("PUT", "/racks", 405),
        ("DELETE", "/racks", 405),
        ("POST", "/racks/u", 405),
        ("GET", "/racks/u/status", 405),
        ("POST", "/health", 405),
        ("GET", "/racks/u", 404),
        ("GET", "/racks/..%2f..%2fsecrets", 404),
        ("GET", "/racks?limit=1", 400),
        ("GET", "/racks/u?labelSelector=a", 400),
    ],
)
async def test_paths_that_lead_nowhere(ask: Client, kubernetes: Kubernetes, method: str, path: str, code: int) -> None:
    """What is not there is 404, what cannot be done there 405 with what can, a parameter that is none 400."""
    refused = await ask(method, path, {})
    assert refused.code == code
    assert refused.error
    assert ("Allow" in refused.headers) == (code == 405)
    assert not kubernetes.asked


async def test_a_body_of_another_type(ask: Client, kubernetes: Kubernetes) -> None:
    """A form, as a web page sends it, is refused by its type."""
    refused = await ask("POST", "/racks", b"{}", content_type="application/x-www-form-urlencoded")
    assert refused.code == 415
    assert not kubernetes.asked


async def test_who_shows_no_token_is_refused_where_one_is_asked_for(kubernetes: Kubernetes) -> None:
    """Over TLS nothing is asked in the name of whoever runs the facade."""
    ask = Client(facade_of(kubernetes, is_open=False))
    for shown in ({}, {"authorization": "Bearer "}, {"authorization": "Basic YTpi"}, {"authorization": "token"}):
        refused = await ask("GET", "/racks", None, **shown)
        assert (refused.code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert not kubernetes.asked
    assert (await ask("GET", "/health")).code == 200
    assert (await ask("GET", "/racks", authorization="Bearer abc")).code == 200
    assert [who for _each, who in kubernetes.asked] == ["Bearer abc"]


async def test_a_token_is_passed_on_on_loopback_too(ask: Client, kubernetes: Kubernetes) -> None:
    """Who shows one asks in their own name; who shows none in that of whoever runs the facade."""
    await ask("GET", "/racks", authorization="Bearer abc")
    await ask("GET", "/racks")
    assert [who for _each, who in kubernetes.asked] == ["Bearer abc", ""]


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}],
)
async def test_web_pages_are_kept_away(ask: Client, kubernetes: Kubernetes, headers: dict[str, str]) -> None:
    """A page in a browser on this machine reaches nothing, under whatever name it asks."""
    refused = await ask("GET", "/racks", None, **headers)
    assert refused.code == 403
    assert not kubernetes.asked


async def test_nothing_is_answered_before_all_is_known(kubernetes: Kubernetes) -> None:
    """Until everything is listed a uid that is there might not be found: it is 503, and /health says why."""
    ask = Client(facade_of(kubernetes, why="not listed yet: racks"))
    for path in ("/racks", "/racks/u"):
        refused = await ask("GET", path)
        assert (refused.code, refused.error) == (503, "not listed yet: racks")
    assert (await ask("GET", "/health")).code == 503
    assert (await ask("GET", "/docs")).code == 200


def test_a_body_that_is_too_large_is_told_as_json(kubernetes: Kubernetes) -> None:
    """It is 413 in the shape of every error here."""
    reply = facade_of(kubernetes).too_large(100)
    assert reply.status == 413
    assert reply.body == b'{"error":"the body is too large: at most 100 bytes are taken","code":413}'


def test_what_is_guarded_is_guarded_everywhere(kubernetes: Kubernetes) -> None:
    """Also pages that others serve on the port."""
    facade = facade_of(kubernetes)
    assert facade.guard(Request("GET", "/x", headers={"host": "evil.example"})) is not None
    assert facade.guard(Request("GET", "/x", headers={"host": "localhost"})) is None
