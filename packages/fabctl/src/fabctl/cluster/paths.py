"""Where the API has what: paths of kinds and of objects, and what is said of them where something goes wrong. Pure."""

from fabctl.cluster.api import Query
from fabctl.fields import Body
from fabctl.names import Kind


def resource(kind: Kind) -> str:
    """Return what roles call a kind."""
    return f"{kind.plural}.{kind.group}".rstrip(".")


def place(kind: Kind, namespace: str | None, name: str = "") -> str:
    """Return where the API has all objects of a kind, those of a namespace, or one."""
    return path(f"{kind.group}/v1".lstrip("/"), kind.plural, namespace, name)


def path(group: str, plural: str, namespace: str | None = None, name: str = "") -> str:
    """Return where the API has a resource: all of a kind, of a namespace, or one; the core group is v1."""
    within = f"namespaces/{namespace}/" if namespace else ""
    root = "/api" if group == "v1" else "/apis"
    return f"{root}/{group}/{within}{plural}{f'/{name}' if name else ''}"


def events(namespace: str | None, kind: Kind) -> tuple[str, Query]:
    """Return where the Events about objects of a kind are, and what they are selected by."""
    return path("events.k8s.io/v1", "events", namespace), {"fieldSelector": f"regarding.kind={kind.title}"}


def version(event: Body) -> tuple[str, str]:
    """Return which Event it is, and in which version."""
    metadata = event["metadata"]
    return str(metadata["uid"]), str(metadata["resourceVersion"])


def key(body: Body) -> tuple[str, str]:
    """Return namespace and name of an object.

    Raises:
        KeyError: It has none.
    """
    metadata = body["metadata"]
    return str(metadata["namespace"]), str(metadata["name"])
