"""Bodies of requests: JSON (RFC 8259), read strictly, and refused by content type before they are looked at.

A browser sends a form or a text to another site without asking first, but no JSON, so a type must be given.
"""

from collections.abc import Sequence
from typing import Any, Literal

from fabgitops_operator.hosting.exchange import JSON, Request
from fabgitops_operator.hosting.strict_json import parsed
from fabgitops_operator.standalone.api.options import dry_run_causes
from fabgitops_operator.standalone.api.refusals import Cause, bad_request, invalid_options, unsupported_media_type
from fabgitops_operator.standalone.api.served import Served

MERGE, PATCHES = "application/merge-patch+json", "application/json-patch+json"
APPLY, STRATEGIC = "application/apply-patch+yaml", "application/strategic-merge-patch+json"

PatchKind = Literal["merge", "json"]

NO_APPLY = (
    "server-side apply is not offered without a cluster: use kubectl apply without --server-side, "
    "or change the file that the source has"
)
NO_STRATEGIC = (
    "strategic merge patches are not offered, as nowhere for custom resources: send a merge patch (kubectl patch "
    "--type=merge)"
)
_JSON_ONLY = f"the body of the request was in an unknown format - accepted media types include: {JSON}"
_PATCHES_ONLY = f"the body of the request was in an unknown format - accepted media types include: {PATCHES}, {MERGE}"


def given_object(request: Request, served: Served, validation: str) -> tuple[dict[str, Any], list[str]]:
    """Return the object of a request, and warnings.

    Raises:
        RefusedError: It is none of this kind (400), or of another type (415).
    """
    if request.media_type != JSON:
        raise unsupported_media_type(_JSON_ONLY)
    must = f"the object provided is unrecognized (must be of type {served.kind})"
    try:
        value, twice = parsed(request.body)
    except ValueError as error:
        raise bad_request(f"{must}: couldn't get version/kind; json parse error: {error}") from None
    if not isinstance(value, dict):
        raise bad_request(f"{must}: couldn't get version/kind; json parse error: it is no object")
    if not value.get("kind"):
        raise bad_request(f"{must}: Object 'Kind' is missing")
    if (told := value.get("apiVersion") or "") != served.group_version:
        expected = f"does not match the expected API version ({served.group_version})"
        raise bad_request(f"the API version in the data ({told}) {expected}")
    return value, _of_twice(twice, served, validation)


def given_patch(request: Request, served: Served, validation: str) -> tuple[Any, PatchKind, list[str]]:
    """Return a patch, its kind (`merge` or `json`), and warnings.

    Raises:
        RefusedError: It is none (400), or of a kind that is not offered (415).
    """
    kinds: dict[str, PatchKind] = {MERGE: "merge", PATCHES: "json"}
    if request.media_type not in kinds:
        why = {APPLY: NO_APPLY, "application/apply-patch+cbor": NO_APPLY, STRATEGIC: NO_STRATEGIC}
        raise unsupported_media_type(why.get(request.media_type, _PATCHES_ONLY))
    try:
        value, twice = parsed(request.body)
    except ValueError as error:
        raise bad_request(f"error decoding patch: {error}") from None
    kind = kinds[request.media_type]
    if not isinstance(value, dict if kind == "merge" else list):
        wanted = "an object" if kind == "merge" else "a list of operations"
        raise bad_request(f"error decoding patch: it must be {wanted}")
    return value, kind, _of_twice(twice, served, validation)


def delete_options(request: Request) -> dict[str, Any]:
    """Return the DeleteOptions of a request, from its body and its parameters.

    What only one of them says counts, so that a dry run is one whichever says it.

    Raises:
        RefusedError: They are none (400, 415, 422).
    """
    options: dict[str, Any] = {}
    if request.body.strip():
        options = _options_body(request)
    query = request.query
    if dry_run := query.all("dryRun"):
        options["dryRun"] = [*(options.get("dryRun") or []), *dry_run]
    if policy := query.get("propagationPolicy"):
        options.setdefault("propagationPolicy", policy)
    if query.get("orphanDependents"):
        options.setdefault("orphanDependents", query.flag("orphanDependents"))
    if causes := _delete_causes(options):
        raise invalid_options("DeleteOptions", causes)
    return options


def _options_body(request: Request) -> dict[str, Any]:
    if request.media_type != JSON:
        raise unsupported_media_type(_JSON_ONLY)
    try:
        value, _twice = parsed(request.body)
    except ValueError as error:
        raise bad_request(f"the DeleteOptions cannot be read: {error}") from None
    if not isinstance(value, dict) or value.get("kind", "DeleteOptions") != "DeleteOptions":
        raise bad_request("the body of a DELETE must be DeleteOptions")
    dry_run = value.get("dryRun")
    if dry_run is not None and not (isinstance(dry_run, list) and all(isinstance(each, str) for each in dry_run)):
        raise bad_request("the DeleteOptions cannot be read: dryRun must be a list of texts")
    preconditions = value.get("preconditions")
    if preconditions is not None and not isinstance(preconditions, dict):
        raise bad_request("the DeleteOptions cannot be read: preconditions must be an object")
    return dict(value)


def _delete_causes(options: dict[str, Any]) -> list[Cause]:
    causes = dry_run_causes(options.get("dryRun") or [])
    policy = options.get("propagationPolicy")
    if policy not in {None, "Foreground", "Background", "Orphan"}:
        supported = '"Foreground", "Background", "Orphan", "nil"'
        message = f'Unsupported value: "{policy}": supported values: {supported}'
        causes.append(("FieldValueNotSupported", message, "propagationPolicy"))
    return causes


def _of_twice(paths: Sequence[str], served: Served, validation: str) -> list[str]:
    """Return warnings of fields that are given twice, or refuse them, as the request wants it."""
    told = [f'duplicate field "{path}"' for path in paths]
    if told and validation == "Strict":
        kind, version = served.kind, served.version
        raise bad_request(
            f'{kind} in version "{version}" cannot be handled as a {kind}: strict decoding error: {", ".join(told)}'
        )
    return told if validation == "Warn" else []
