"""Which object, collection or page a path names (Kubernetes API conventions, "Resource URIs")."""

from collections.abc import Iterable
from dataclasses import dataclass

from fabgitops_operator.standalone.api.served import Served


@dataclass(frozen=True, slots=True)
class Target:
    """A collection, an object of it where there is a name, or one's subresource, which may be none that there is."""

    served: Served
    namespace: str = ""
    name: str = ""
    subresource: str = ""


class Paths:
    """The paths of what is served."""

    def __init__(self, served: Iterable[Served]) -> None:
        self._served = {(each.group, each.version, each.plural): each for each in served}

    def target(self, path: str) -> Target | None:
        """Return what a path names, or nothing where it is none of an object or a collection."""
        group, version, rest = _split(path)
        if not rest or "" in rest:
            return None
        if rest[0] == "namespaces" and len(rest) >= 3:
            found = self._served.get((group, version, rest[2]))
            if found is not None and found.resource.namespaced:
                return _target(found, rest[1], rest[3:])
        found = self._served.get((group, version, rest[0]))
        if found is None or (found.resource.namespaced and len(rest) > 1) or rest[2:] not in ([], ["status"]):
            return None
        return _target(found, "", rest[1:])


def _split(path: str) -> tuple[str, str, list[str]]:
    match path.strip("/").split("/"):
        case ["api", version, *rest]:
            return "", version, rest
        case ["apis", group, version, *rest]:
            return group, version, rest
    return "", "", []


def _target(served: Served, namespace: str, rest: list[str]) -> Target:
    return Target(served, namespace, rest[0] if rest else "", "/".join(rest[1:]))
