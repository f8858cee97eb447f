"""A mock PLC fails, for as long as its lease says."""

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.scenarios import PlcFault
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.control.chaos.deeds import Deed, Mock, MockFault, MockRemove, Spot


class MockFailing:
    """See `Scenario`."""

    name = "plcFault"
    parameters = PlcFault
    targets = frozenset({TargetKind.PLCS})
    needs = frozenset({"mock"})
    one_shot = False

    def validate(self, given: PlcFault, policy: ChaosPolicySpec) -> tuple[str, ...]:
        """Return what is wrong with its parameters."""
        del given, policy
        return ()

    def execute(self, given: PlcFault, spot: Spot) -> Deed:
        """Return what is done."""
        return MockFault(spot, {"fault": given.fault}, mock=_mock(given))

    def cleanup(self, given: PlcFault, spot: Spot) -> Deed | None:
        """Return what ends it."""
        return MockRemove(spot, _mock(given))


def _mock(given: PlcFault) -> Mock:
    return Mock(given.control_port, given.token_secret or "")


PLC_FAULT = MockFailing()
