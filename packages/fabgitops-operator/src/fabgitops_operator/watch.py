"""The watch: kopf's low-level events into the inventory. Nothing is ever written to the objects: no finalizer."""

from collections.abc import Sequence
from typing import Any

import kopf
from fabgitops_core.control.controller import Controller
from lightkube import SingleConfig

from fabgitops_operator.inventory import Inventory
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


def quiet_settings() -> kopf.OperatorSettings:
    """Return kopf's settings for an operator that only watches: no posting, no scanning, no peering."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.networking.trust_env = True
    return settings
