"""The watch: kopf's low-level events into the inventory. Nothing is ever written to the objects: no finalizer."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

import kopf
from fabgitops_core.control.controller import Controller

from fabgitops_operator.inventory import Inventory
from fabgitops_operator.kube import SingleConfig
from fabgitops_operator.login import connection


def watching(
    inventory: Inventory, controllers: Sequence[Controller[Any]], config: SingleConfig
) -> kopf.OperatorRegistry:
    """Return a kopf registry whose handlers fill the inventory."""
    registry = kopf.OperatorRegistry()
    for controller in controllers:
        _listen(registry, inventory, controller)

    @kopf.on.login(id="login", registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**_) or connection(config)

    return registry


def _listen(registry: kopf.OperatorRegistry, inventory: Inventory, controller: Controller[Any]) -> None:
    kind = controller.kind

    @kopf.on.event(kind.group, kind.version, kind.plural, id=kind.plural, registry=registry)
    async def heard(event: kopf.RawEvent, **_: Any) -> None:
        if event["type"] == "DELETED":
            inventory.deleted(controller, event["object"])
        else:
            inventory.present(controller, event["object"])


class _Patience(Iterable[float]):
    """Seconds between attempts, without an end: an API server that is away for long must not end the operator."""

    def __iter__(self) -> Iterator[float]:
        return chain((0.5, 1.0, 2.0, 5.0), repeat(10.0))


def quiet_settings() -> kopf.OperatorSettings:
    """Return kopf's settings for an operator that only watches: no posting, no scanning, no peering."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.networking.trust_env = True
    settings.networking.error_backoffs = _Patience()
    return settings
