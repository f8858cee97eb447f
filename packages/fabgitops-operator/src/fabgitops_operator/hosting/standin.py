"""The engine's host while there is none yet."""

from fabgitops_core.api.meta import ApiModel, Key
from fabgitops_core.control.commands import Notice
from fabgitops_core.engine.ports import Stored

from fabgitops_operator.hosting.report import Reporter


class StandIn:
    """Stands in for the reporter, which needs the inventory, which needs the engine, which needs a host."""

    reporter: Reporter

    def publish(self, key: Key, status: ApiModel) -> None:
        """As `fabgitops_core.engine.ports.Host.publish`."""
        self.reporter.publish(key, status)

    def tell(self, key: Key, uid: str, status: ApiModel) -> None:
        """As `fabgitops_core.engine.ports.Host.tell`."""
        self.reporter.tell(key, uid, status)

    def pending(self, key: Key) -> bool:
        """As `fabgitops_core.engine.ports.Host.pending`."""
        return self.reporter.pending(key)

    def echoed(self, key: Key, uid: str, version: int, digest: bytes) -> bool:
        """As `Reporter.echoed`."""
        return self.reporter.echoed(key, uid, version, digest)

    async def stored(self, key: Key, limit: float) -> Stored:
        """As `fabgitops_core.engine.ports.Host.stored`."""
        return await self.reporter.stored(key, limit)

    def notice(self, key: Key, notice: Notice) -> None:
        """As `fabgitops_core.engine.ports.Host.notice`."""
        self.reporter.notice(key, notice)

    def forget(self, uid: str) -> None:
        """As `Reporter.forget`."""
        self.reporter.forget(uid)
