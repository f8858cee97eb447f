"""The parameters of requests (meta/v1 ListOptions, CreateOptions and so on), checked as the API server does."""

from dataclasses import dataclass

from fabgitops_operator.hosting.exchange import Query
from fabgitops_operator.standalone.api.refusals import Cause, bad_request, invalid_options
from fabgitops_operator.standalone.api.selectors import Selection, selection
from fabgitops_operator.standalone.api.served import Served

EXACT, NOT_OLDER = "Exact", "NotOlderThan"
INCLUDES = ("Metadata", "Object", "None")


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a listing or a watch is asked for."""

    selected: Selection
    version: str
    """The resourceVersion: "" the newest, "0" any, else a number."""
    match: str = ""
    limit: int = 0
    continue_at: str = ""
    include: str = "Metadata"
    bookmarks: bool = False
    timeout_secs: int = 0
    initial_events: bool = False
    watch: bool = False

    @property
    def at(self) -> int:
        """Return the version as a number; 0 is any."""
        return int(self.version or "0")


def list_options(query: Query, served: Served, name: str = "") -> ListOptions:
    """Return the options of a listing or a watch.

    Args:
        query: The parameters.
        served: What is listed.
        name: The one object that it is about, of a watch of one.

    Raises:
        RefusedError: One of them is none (400, 422).
    """
    selected = selection(query.get("labelSelector"), query.get("fieldSelector"), served.selectable())
    if name:
        selected = selection(query.get("labelSelector"), f"metadata.name={name}", served.selectable())
    options = ListOptions(
        selected,
        query.get("resourceVersion"),
        query.get("resourceVersionMatch"),
        _number(query, "limit"),
        query.get("continue"),
        _include(query),
        query.flag("allowWatchBookmarks"),
        _number(query, "timeoutSeconds"),
        query.flag("sendInitialEvents"),
        query.flag("watch"),
    )
    if options.version and not (options.version.isascii() and options.version.isdigit()):
        raise bad_request(f'invalid resource version: resourceVersion: Invalid value: "{options.version}"')
    if causes := _causes(options):
        raise invalid_options("ListOptions", causes)
    if options.continue_at and options.version not in {"", "0"}:
        raise bad_request("specifying resource version is not allowed when using continue")
    return options


def _include(query: Query) -> str:
    given = query.get("includeObject") or "Metadata"
    if given not in INCLUDES:
        raise bad_request(f'unrecognized includeObject value: "{given}"')
    return given


def _number(query: Query, name: str) -> int:
    given = query.get(name)
    try:
        return max(0, int(given or "0"))
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{given}": invalid syntax') from None


def _causes(options: ListOptions) -> list[Cause]:
    found = _of_watch(options) if options.watch else _of_list(options)
    return [(reason, message, field) for field, reason, message in found]


def _of_list(options: ListOptions) -> list[tuple[str, str, str]]:
    if options.initial_events:
        return [_forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")]
    if not options.match:
        return []
    if not options.version:
        return [_forbidden(_MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided")]
    if options.match == EXACT and options.version == "0":
        return [_forbidden(_MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')]
    if options.match not in {EXACT, NOT_OLDER}:
        return [_unsupported(options.match, '"Exact", "NotOlderThan", ""')]
    return []


def _of_watch(options: ListOptions) -> list[tuple[str, str, str]]:
    if options.initial_events:
        right = options.match == NOT_OLDER
        return (
            []
            if right
            else [_forbidden(_MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
        )
    if not options.match:
        return []
    found = [_forbidden(_MATCH, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")]
    return found + ([] if options.match == NOT_OLDER else [_unsupported(options.match, '"NotOlderThan"')])


_MATCH = "resourceVersionMatch"


def _forbidden(field: str, why: str) -> tuple[str, str, str]:
    return field, "FieldValueForbidden", f"Forbidden: {why}"


def _unsupported(value: str, supported: str) -> tuple[str, str, str]:
    return _MATCH, "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: {supported}'


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """What comes with a change."""

    dry_run: bool
    validation: str
    manager: str


def change_options(query: Query, kind: str) -> ChangeOptions:
    """Return the options of a change.

    Args:
        query: The parameters.
        kind: What they are called: CreateOptions, UpdateOptions or PatchOptions.

    Raises:
        RefusedError: One of them is none (422).
    """
    causes = dry_run_causes(query.all("dryRun"))
    validation = query.get("fieldValidation")
    if validation not in {"", "Ignore", "Strict", "Warn"}:
        supported = '"", "Ignore", "Strict", "Warn"'
        message = f'Unsupported value: "{validation}": supported values: {supported}'
        causes.append(("FieldValueNotSupported", message, "fieldValidation"))
    manager = query.get("fieldManager")
    if len(manager) > 128:
        causes.append(("FieldValueTooLong", "Too long: may not be more than 128 bytes", "fieldManager"))
    if causes:
        raise invalid_options(kind, causes)
    return ChangeOptions(bool(query.get("dryRun")), validation or "Warn", manager)


def dry_run_causes(given: list[str]) -> list[Cause]:
    """Return what is wrong with the values of a `dryRun`."""
    if all(each in {"", "All"} for each in given):
        return []
    listed = " ".join(f'"{each}"' for each in given)
    return [("FieldValueNotSupported", f'Unsupported value: [{listed}]: supported values: "All"', "dryRun")]
