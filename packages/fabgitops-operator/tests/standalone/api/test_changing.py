"""Requests that change something: what of them is the API's, before the store judges."""

import json
from typing import Any

import pytest
from fabgitops_operator.hosting.strict_json import parsed

PLCS = "/apis/fabgitops.io/v1/namespaces/line-1/industrialplcs"
JSON_PATCH = "application/json-patch+json"


def plc(name: str, **spec: Any) -> dict[str, Any]:
    """Return a manifest."""
    given = {"deviceAddress": "127.0.0.1", "targetRegister": 1, "targetValue": 2, **spec}
    return {"apiVersion": "fabgitops.io/v1", "kind": "IndustrialPLC", "metadata": {"name": name}, "spec": given}


async def test_an_object_is_made_changed_and_deleted(ask: Any) -> None:
    """By each method that Kubernetes has for it."""
    made = await ask("POST", PLCS, plc("mixer"))
    assert (made.status, made.json["metadata"]["generation"]) == (201, 1)
    put = made.json
    put["spec"]["targetValue"] = 3
    assert (await ask("PUT", f"{PLCS}/mixer", put)).json["spec"]["targetValue"] == 3
    merged = await ask("PATCH", f"{PLCS}/mixer", {"spec": {"targetValue": 4}})
    assert (merged.status, merged.json["spec"]["targetValue"]) == (200, 4)
    operations = [{"op": "replace", "path": "/spec/targetValue", "value": 5}]
    patched = await ask("PATCH", f"{PLCS}/mixer", operations, content_type=JSON_PATCH)
    assert patched.json["spec"]["targetValue"] == 5
    gone = await ask("DELETE", f"{PLCS}/mixer")
    assert gone.json == {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": {
            "name": "mixer", "group": "fabgitops.io", "kind": "industrialplcs", "uid": made.json["metadata"]["uid"],
        },
    }  # fmt: skip
    assert (await ask.get(f"{PLCS}/mixer")).status == 404


async def test_a_status_is_changed_beside_the_rest(ask: Any) -> None:
    """By its own path, which leaves everything else alone."""
    await ask.make("mixer")
    done = await ask("PATCH", f"{PLCS}/mixer/status", {"spec": {"targetValue": 9}, "status": {"phase": "Ready"}})
    assert (done.json["spec"]["targetValue"], done.json["status"]["phase"]) == (2500, "Ready")
    assert (await ask.get(f"{PLCS}/mixer/status")).json == done.json


async def test_what_finalizers_hold_is_answered_as_it_stands(ask: Any) -> None:
    """Deleted, and still there."""
    await ask.make("mixer", metadata={"finalizers": ["plant.example/wait"]})
    held = await ask("DELETE", f"{PLCS}/mixer", {"propagationPolicy": "Background"})
    assert (held.status, held.json["kind"]) == (200, "IndustrialPLC")
    assert held.json["metadata"]["deletionTimestamp"]
    await ask("PATCH", f"{PLCS}/mixer", {"metadata": {"finalizers": None}})
    assert (await ask.get(f"{PLCS}/mixer")).status == 404


async def test_a_collection_is_deleted_by_selector(ask: Any) -> None:
    """And what it was is answered."""
    for name in ("a", "b", "c"):
        await ask.make(name, metadata={"labels": {"line": "x" if name != "b" else "y"}})
    gone = await ask("DELETE", f"{PLCS}?labelSelector=line%3Dx")
    assert gone.names == ["a", "c"]
    assert (await ask.get(PLCS)).names == ["b"]


async def test_what_somebody_else_deletes_meanwhile_is_no_trouble(ask: Any) -> None:
    """A collection is deleted one by one; what is gone already is what was wanted."""
    for name in ("a", "b", "c"):
        await ask.make(name)
    delete = ask.objects.delete

    async def raced(resource: Any, namespace: str, name: str, *given: Any) -> Any:
        if name == "b":
            await delete(resource, namespace, name, *given)
        return await delete(resource, namespace, name, *given)

    ask.objects.delete = raced
    assert (await ask("DELETE", PLCS)).names == ["a", "b", "c"]
    assert (await ask.get(PLCS)).names == []


@pytest.mark.parametrize(
    ("method", "path", "body", "options"),
    [
        ("POST", PLCS, plc("new"), "?dryRun=All"),
        ("PUT", f"{PLCS}/mixer", None, "?dryRun=All"),
        ("PATCH", f"{PLCS}/mixer", {"spec": {"targetValue": 7}}, "?dryRun=All"),
        ("DELETE", f"{PLCS}/mixer", None, "?dryRun=All"),
        ("DELETE", f"{PLCS}/mixer", {"dryRun": ["All"]}, ""),
        ("DELETE", f"{PLCS}/mixer", {"propagationPolicy": "Background"}, "?dryRun=All"),
        ("DELETE", PLCS, None, "?dryRun=All"),
    ],
)
async def test_a_dry_run_changes_nothing(method: str, path: str, body: Any, options: str, ask: Any) -> None:
    """Whether its body or its address says so."""
    made = await ask.make("mixer")
    if method == "PUT":
        body = made | {"spec": made["spec"] | {"targetValue": 7}}
    done = await ask(method, path + options, body)
    assert done.status in {200, 201}
    assert (await ask.get(PLCS)).json["items"] == [made]


@pytest.mark.parametrize(
    ("method", "query", "kind", "message"),
    [
        ("POST", "dryRun=x", "CreateOptions", 'dryRun: Unsupported value: ["x"]: supported values: "All"'),
        (
            "PUT", "fieldValidation=x", "UpdateOptions",
            'fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"',
        ),
        ("PATCH", f"fieldManager={'x' * 129}", "PatchOptions", "fieldManager: Too long: may not be more than 128 bytes"),  # noqa: E501
        (
            "DELETE", "propagationPolicy=x", "DeleteOptions",
            'propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"',
        ),
    ],
)  # fmt: skip
async def test_options_are_checked(method: str, query: str, kind: str, message: str, ask: Any) -> None:
    """As the API server checks them, in its words."""
    path = PLCS if method == "POST" else f"{PLCS}/mixer"
    got = await ask(method, f"{path}?{query}", None if method == "DELETE" else plc("mixer"))
    assert (got.status, got.json["message"]) == (422, f'{kind}.meta.k8s.io "" is invalid: {message}')


_MUST = "the object provided is unrecognized (must be of type IndustrialPLC)"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", f"{_MUST}: couldn't get version/kind; json parse error"),
        (b"[]", f"{_MUST}: couldn't get version/kind; json parse error: it is no object"),
        (b"7", f"{_MUST}: couldn't get version/kind"),
        (b"{}", f"{_MUST}: Object 'Kind' is missing"),
        (b'{"kind":"IndustrialPLC"}', "the API version in the data () does not match the expected API version"),
        (b'{"kind":"IndustrialPLC","apiVersion":"v1"}', "the API version in the data (v1) does not match"),
        (b'{"a":NaN}', f"{_MUST}: couldn't get version/kind; json parse error: NaN is no number of JSON"),
        (b'{"a":Infinity}', f"{_MUST}: couldn't get version/kind"),
        (b'{"a":"\xff"}', f"{_MUST}: couldn't get version/kind; json parse error: the text is not UTF-8"),
        (b'{"a":"\\ud800"}', f"{_MUST}: couldn't get version/kind; json parse error: the text is not UTF-8"),
        (b'{"a":' * 100_000, f"{_MUST}: couldn't get version/kind; json parse error: it is nested too deeply"),
        (b'{"a":' + b"1" * 5000 + b"}", f"{_MUST}: couldn't get version/kind; json parse error"),
        (b"\xef\xbb\xbf{}", f"{_MUST}: couldn't get version/kind; json parse error"),
    ],
)
async def test_what_is_no_object_is_refused(body: bytes, message: str, ask: Any) -> None:
    """JSON is read strictly, and whatever is sent is a bad request, never a fault of ours."""
    got = await ask("POST", PLCS, body)
    assert (got.status, got.json["reason"]) == (400, "BadRequest")
    assert got.json["message"].startswith(message)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("type_", ["", "text/plain", "application/x-www-form-urlencoded", "application/yaml"])
async def test_a_body_says_that_it_is_json(type_: str, method: str, ask: Any) -> None:
    """What a web page can send without asking first is refused before it is read."""
    await ask.make("mixer")
    path = PLCS if method == "POST" else f"{PLCS}/mixer"
    got = await ask(method, path, plc("other"), content_type=type_)
    assert (got.status, got.json["reason"]) == (415, "UnsupportedMediaType")
    assert (await ask.get(PLCS)).names == ["mixer"]


@pytest.mark.parametrize(
    ("type_", "says"),
    [
        (
            "application/apply-patch+yaml",
            "server-side apply is not offered without a cluster: use kubectl apply without",
        ),
        ("application/apply-patch+cbor", "server-side apply is not offered"),
        ("application/strategic-merge-patch+json", "send a merge patch (kubectl patch --type=merge)"),
        ("application/json", "accepted media types include: application/json-patch+json, application/merge-patch+json"),
        ("", "accepted media types include"),
    ],
)
async def test_patches_that_are_not_offered_name_the_way_out(type_: str, says: str, ask: Any) -> None:
    """A kubectl prints the sentence."""
    await ask.make("mixer")
    got = await ask("PATCH", f"{PLCS}/mixer", {"spec": {"targetValue": 7}}, content_type=type_)
    assert (got.status, got.json["reason"]) == (415, "UnsupportedMediaType")
    assert says in got.json["message"]
    assert (await ask.get(f"{PLCS}/mixer")).json["spec"]["targetValue"] == 2500


@pytest.mark.parametrize(
    ("body", "type_", "says"),
    [
        (b"[]", "application/merge-patch+json", "it must be an object"),
        (b"{}", JSON_PATCH, "it must be a list of operations"),
        (b"{", "application/merge-patch+json", "error decoding patch: "),
        (b"", JSON_PATCH, "error decoding patch: "),
    ],
)
async def test_a_patch_that_is_none_is_refused(body: bytes, type_: str, says: str, ask: Any) -> None:
    """With the reason."""
    await ask.make("mixer")
    got = await ask("PATCH", f"{PLCS}/mixer", body, content_type=type_)
    assert got.status == 400
    assert says in got.json["message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"[]", "the body of a DELETE must be DeleteOptions"),
        (b'{"kind":"Pod"}', "the body of a DELETE must be DeleteOptions"),
        (b"{", "the DeleteOptions cannot be read"),
        (b'{"dryRun":"All"}', "dryRun must be a list of texts"),
        (b'{"preconditions":7}', "preconditions must be an object"),
    ],
)
async def test_a_deletion_that_is_not_understood_deletes_nothing(body: bytes, says: str, ask: Any) -> None:
    """Least of all one that may have been a dry run."""
    await ask.make("mixer")
    got = await ask("DELETE", f"{PLCS}/mixer", body)
    assert got.status == 400
    assert says in got.json["message"]
    assert (await ask.get(PLCS)).names == ["mixer"]


TWICE = (
    b'{"apiVersion":"fabgitops.io/v1","kind":"IndustrialPLC","metadata":{"name":"a"},'
    b'"spec":{"deviceAddress":"x","port":1,"port":2,"registers":[{"name":"r"},{"name":"s","name":"t"}]}}'
)


async def test_a_field_that_is_given_twice_is_told(ask: Any) -> None:
    """Strict: refused; Warn, as when nothing is said: told in a header; Ignore: nothing. The last one counts."""
    strict = await ask("POST", f"{PLCS}?fieldValidation=Strict", TWICE)
    assert strict.json["message"] == (
        'IndustrialPLC in version "v1" cannot be handled as a IndustrialPLC: strict decoding error: duplicate field '
        '"spec.port", duplicate field "spec.registers[1].name"'
    )
    warned = await ask.answer("POST", f"{PLCS}?dryRun=All", TWICE)
    assert warned.headers == (
        ("Warning", '299 - "duplicate field \\"spec.port\\""'),
        ("Warning", '299 - "duplicate field \\"spec.registers[1].name\\""'),
    )
    ignored = await ask.answer("POST", f"{PLCS}?fieldValidation=Ignore", TWICE)
    assert ignored.headers == ()
    assert json.loads(ignored.body)["spec"]["port"] == 2


async def test_warnings_are_told_with_a_refusal_too(ask: Any) -> None:
    """A field that was given twice may be why."""
    await ask.make("a")
    for method, path in (("POST", PLCS), ("PUT", f"{PLCS}/a")):
        refused = await ask.answer(method, path, TWICE)
        assert refused.status in {409, 422}
        assert [name for name, _value in refused.headers] == ["Warning", "Warning"]


def test_json_is_read_as_it_is() -> None:
    """Numbers keep their kind, and characters beyond the first plane their pair."""
    assert parsed(b'{"a":[1,1.0,1e3,-0,true,null,"\\ud83d\\ude00","\xc3\xa9"]}') == (
        {"a": [1, 1.0, 1000.0, 0, True, None, "\U0001f600", "é"]}, [],
    )  # fmt: skip


async def test_a_patch_that_doubles_itself_ends_early(ask: Any) -> None:
    """Forty copies into itself would take all memory: they end when they have added 3 MiB, and change nothing."""
    await ask.make("mixer")
    before = (await ask.get(f"{PLCS}/mixer")).json
    steps = [
        {"op": "add", "path": "/metadata/annotations", "value": {"x": "x" * 1000}},
        *({"op": "copy", "from": "/metadata", "path": f"/metadata/a{number}"} for number in range(40)),
    ]
    got = await ask("PATCH", f"{PLCS}/mixer", steps, content_type=JSON_PATCH)
    assert got.status == 422
    assert "its copies add more than 3145728 bytes" in got.json["message"]
    assert (await ask.get(f"{PLCS}/mixer")).json == before
