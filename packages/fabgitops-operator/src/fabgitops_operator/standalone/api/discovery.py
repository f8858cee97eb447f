"""Which groups, versions and resources there are: as one document (aggregated), and as the lists of old."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from fabgitops_core.api.crd import CATEGORY

from fabgitops_operator.hosting.exchange import Reply, Request, encoded, said
from fabgitops_operator.standalone.api.accept import media_types
from fabgitops_operator.standalone.api.reviews import REVIEWS
from fabgitops_operator.standalone.api.served import Served
from fabgitops_operator.standalone.api.verbs import verbs

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"


class Discovery:
    """Answers what is served."""

    def __init__(self, served: Sequence[Served]) -> None:
        self._served = served

    def answer(self, request: Request) -> Reply | None:
        """Return a page of discovery, or nothing where the path is none."""
        path = request.path.rstrip("/")
        match path.split("/")[1:]:
            case ["api"]:
                return self._root(request, [""], self._versions())
            case ["apis"]:
                return self._root(request, self._groups(), self._group_list())
            case ["apis", group] if group in self._groups():
                return said({"kind": "APIGroup", "apiVersion": "v1"} | _group(group))
            case ["api", "v1"]:
                return said(self._resource_list(""))
            case ["apis", group, "v1"] if group in self._groups():
                return said(self._resource_list(group))
        return None

    def _groups(self) -> list[str]:
        found = dict.fromkeys([each.group for each in self._served if each.group] + [group for group, _ in REVIEWS])
        return list(found)

    def _root(self, request: Request, groups: Iterable[str], legacy: dict[str, Any]) -> Reply:
        """Return the document for these groups, in the newest form that the client knows."""
        version = _aggregated_version(request.headers.get("accept", ""))
        if version is None:
            return said(legacy)
        items = [self._aggregated(group) for group in groups]
        kind = {"kind": "APIGroupDiscoveryList", "apiVersion": f"apidiscovery.k8s.io/{version}"}
        body = encoded(kind | {"metadata": {}, "items": items})
        tag = f'"{hashlib.sha256(body).hexdigest().upper()}"'
        headers = (("ETag", tag), ("Vary", "Accept"), ("Cache-Control", "public"))
        if request.headers.get("if-none-match") == tag:
            return Reply(304, b"", "", headers)  # without a type: clients take it over into what they keep
        return Reply(200, body, _AGGREGATED.format(version=version), headers)

    def _versions(self) -> dict[str, Any]:
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}

    def _group_list(self) -> dict[str, Any]:
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in self._groups()]}

    def _resource_list(self, group: str) -> dict[str, Any]:
        resources: list[dict[str, Any]] = []
        for each in self._of(group):
            resources.append(
                {"name": each.plural, "singularName": each.resource.singular, "namespaced": each.resource.namespaced}
                | {"kind": each.kind, "verbs": list(verbs(each))}
                | _short(each)
                | {"storageVersionHash": _hash(each)}
            )
            if each.resource.has_status:
                name = {"name": f"{each.plural}/status", "singularName": "", "namespaced": each.resource.namespaced}
                resources.append(name | {"kind": each.kind, "verbs": list(verbs(each, "status"))})
        resources += [
            {"name": plural, "singularName": kind.lower(), "namespaced": False, "kind": kind, "verbs": ["create"]}
            for (of, plural), kind in REVIEWS.items()
            if of == group
        ]
        version = f"{group}/v1" if group else "v1"
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}

    def _aggregated(self, group: str) -> dict[str, Any]:
        resources = [_aggregated_resource(each) for each in self._of(group)]
        for (of, plural), kind in REVIEWS.items():
            if of == group:
                start = {"resource": plural, "responseKind": _kind("", "", kind), "scope": "Cluster"}
                resources.append(start | {"singularResource": kind.lower(), "verbs": ["create"]})
        versions = [{"version": "v1", "resources": resources, "freshness": "Current"}]
        return {"metadata": {"name": group} if group else {}, "versions": versions}

    def _of(self, group: str) -> list[Served]:
        return [each for each in self._served if each.group == group]


def _aggregated_version(accept: str) -> str | None:
    for name, parameters in media_types(accept):
        if parameters.get("as") == "APIGroupDiscoveryList" and parameters.get("g") == "apidiscovery.k8s.io":
            if name == "application/json" and parameters.get("v") in {"v2", "v2beta1"}:
                return parameters["v"]
        elif name in {"application/json", "*/*"}:
            return None
    return None


def _aggregated_resource(each: Served) -> dict[str, Any]:
    kind = _kind(each.group, each.version, each.kind)
    described: dict[str, Any] = {
        "resource": each.plural,
        "responseKind": kind,
        "scope": "Namespaced" if each.resource.namespaced else "Cluster",
        "singularResource": each.resource.singular,
        "verbs": list(verbs(each)),
    }
    if each.resource.has_status:
        status = {"subresource": "status", "responseKind": kind, "verbs": list(verbs(each, "status"))}
        described["subresources"] = [status]
    return described | _short(each)


def _hash(each: Served) -> str:
    """Return what changes when objects are stored in another version (discovery.StorageVersionHash)."""
    name = f"{each.resource.group}/{each.resource.version}/{each.kind}"
    return base64.b64encode(hashlib.sha256(name.encode()).digest()[:8]).decode()


def _short(each: Served) -> dict[str, Any]:
    categories = {"categories": [CATEGORY]} if each.resource.definition is not None else {}
    return ({"shortNames": list(each.resource.short_names)} if each.resource.short_names else {}) | categories


def _kind(group: str, version: str, kind: str) -> dict[str, str]:
    return {"group": group, "version": version, "kind": kind}


def _group(group: str) -> dict[str, Any]:
    version = {"groupVersion": f"{group}/v1", "version": "v1"}
    return {"name": group, "versions": [version], "preferredVersion": version}
