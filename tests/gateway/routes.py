"""Both forms of routes by which a Rollout shares requests out."""

from typing import Any

from .stage import ROUTE
from .ways import CANARY, STABLE
from .workload import Workload

TEMPLATE, NAME = FORMS = ("template", "name")


async def route(workload: Workload, form: str) -> dict[str, Any]:
    """Return a route as a canary says it; one that it names is made, as a user has it."""
    if form == TEMPLATE:
        return workload.template
    stage = workload.stage
    backends = [{"name": name, "port": 80, "weight": share} for name, share in ((STABLE, 100), (CANARY, 0))]
    header = {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"add": [{"name": "X-Plant", "value": "4"}]}}
    status = {"matches": [{"path": {"type": "PathPrefix", "value": "/status"}}], "backendRefs": backends[:1]}
    rules = [{**status, "filters": [header]}, {"backendRefs": backends, "filters": [header]}]
    await stage.apply("HTTPRoute", ROUTE, {"parentRefs": [stage.parent], "hostnames": [stage.host], "rules": rules})
    return {"name": ROUTE}
