"""Who shares out requests, as Argo Rollouts says it: by its plugin for the Gateway API, and by nothing else here."""

from collections.abc import Mapping
from typing import Any

from fabgitops_core.api.argo.reading import Place, Table, Take, each, fields, items, kept, met, refused

PLUGIN = "argoproj-labs/gatewayAPI"
"""Its plugin for the Gateway API (github.com/argoproj-labs/rollouts-plugin-trafficrouter-gatewayapi)."""

PROVIDERS = ("alb", "ambassador", "apisix", "appMesh", "istio", "nginx", "smi", "traefik")
"""What Argo Rollouts speaks besides, and we do not."""

_INSTEAD = f"requests are shared out by the Gateway API alone: name an HTTPRoute under plugins, {PLUGIN}"
_OTHER_PLUGIN = f"of plugins there is {PLUGIN} alone: name an HTTPRoute there"
_LAYER = "only HTTPRoute and GRPCRoute have weights by which a canary is judged here: name one of those"
_SELECTOR = "routes are not chosen by labels: name them in httpRoutes or grpcRoutes"
_PLACE = "a route must be in the namespace of the Rollout: move it there, or leave the namespace out"
_NO_ROUTE = "it names no route: say httpRoute or grpcRoute"
_LABEL = "no label is put on a route of somebody else's: leave it out"
_ROUTES = ("strategy", "canary", "trafficRouting", "gatewayAPI", "routes")


def _one(kind: str) -> Take:
    """Take the name of a route."""

    def take(at: Place, raw: Any) -> dict[str, Any]:
        return {at.name: [(at.path, ("name",), {"kind": kind, "name": raw})]}

    return take


def _many(kind: str) -> Take:
    """Take a list of routes."""

    def take(at: Place, raw: Any) -> dict[str, Any]:
        return {at.name: [(at.of(place).path, (), _route(at.of(place), item, kind)) for place, item in items(at, raw)]}

    return take


_ROUTE: Table = {"name": kept, "useHeaderRoutes": kept}


def _route(at: Place, raw: Any, kind: str) -> dict[str, Any]:
    made = fields(at, raw, _ROUTE)
    if made.pop("useHeaderRoutes", False) is not True:
        at.told.headerless.append(at.path)
    return {"kind": kind, **made}


def _namespace(at: Place, raw: Any) -> dict[str, Any]:
    """Take note of the namespace of the routes, which must be that of the Rollout."""
    own = at.told.metadata.get("namespace", "default")
    return {} if raw in ("", own) else at.refuse(raw, _PLACE)


_NAMED: Table = {
    "httpRoute": _one("HTTPRoute"),
    "httpRoutes": _many("HTTPRoute"),
    "grpcRoute": _one("GRPCRoute"),
    "grpcRoutes": _many("GRPCRoute"),
}
_PLUGIN: Table = {
    **_NAMED,
    "namespace": _namespace,
    "configMap": met,
    "disableInProgressLabel": met,
    "skipManagedRoutesOnSetWeight": met,
    **dict.fromkeys(("inProgressLabelKey", "inProgressLabelValue"), refused(_LABEL)),
    **dict.fromkeys(("tcpRoute", "tcpRoutes", "tlsRoute", "tlsRoutes"), refused(_LAYER)),
    **dict.fromkeys(("tcpRouteSelector", "tlsRouteSelector"), refused(_LAYER)),
    **dict.fromkeys(("httpRouteSelector", "grpcRouteSelector"), refused(_SELECTOR)),
}
"""What its plugin takes. It keeps header rules in a ConfigMap, labels routes, and weighs header rules: we do not."""


def _gateway(at: Place, raw: Any) -> dict[str, Any]:
    """Take the routes that the plugin is told."""
    before = len(at.told.problems)
    made = fields(at, raw, _PLUGIN)
    rows = [row for name in _NAMED for row in made.get(name, ())]
    if not rows:
        return at.refuse(raw, _NO_ROUTE) if len(at.told.problems) == before else {}
    at.told.origins |= {(*_ROUTES, place, *below): path for place, (path, below, _) in enumerate(rows)}
    return {"gatewayAPI": {"routes": [route for _, _, route in rows]}}


def _plugins(at: Place, raw: Any) -> dict[str, Any]:
    """Take the one plugin that there is; of every other say so."""
    others = {name: refused(_OTHER_PLUGIN) for name in raw} if isinstance(raw, Mapping) else {}
    return fields(at, raw, {**others, PLUGIN: _gateway})


_TRAFFIC: Table = {
    "plugins": _plugins,
    "managedRoutes": each({"name": kept}),
    "maxTrafficWeight": kept,
    **{name: refused(f"{name} is not spoken here: {_INSTEAD}") for name in PROVIDERS},
}


def routing(at: Place, raw: Any) -> dict[str, Any]:
    """Take who shares out the requests."""
    before = len(at.told.problems)
    made = fields(at, raw, _TRAFFIC)
    if "gatewayAPI" not in made and len(at.told.problems) == before:
        return at.refuse(raw, f"it says nobody who shares out requests: {_INSTEAD}")
    return {at.name: made}
