"""A register of a mock PLC is set to another value, once."""

import json

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.scenarios import PlcDrift
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.control.chaos.deeds import Deed, Mock, MockSet, Spot


class MockDrifting:
    """See `Scenario`."""

    name = "plcDrift"
    parameters = PlcDrift
    targets = frozenset({TargetKind.PLCS})
    needs = frozenset({"mock"})
    one_shot = True

    def validate(self, given: PlcDrift, policy: ChaosPolicySpec) -> tuple[str, ...]:
        """Return what is wrong with its parameters."""
        del given, policy
        return ()

    def execute(self, given: PlcDrift, spot: Spot) -> Deed:
        """Return what is done."""
        return MockSet(spot, _mock(given), given.register_name, given.value)

    def cleanup(self, given: PlcDrift, spot: Spot) -> Deed | None:
        """Return what puts back what was there, where nobody has corrected it; nothing where that is not known."""
        if not spot.before:
            return None
        return MockSet(spot, _mock(given), given.register_name, json.loads(spot.before), only_if=given.value)


def _mock(given: PlcDrift) -> Mock:
    return Mock(given.control_port, given.token_secret or "")


PLC_DRIFT = MockDrifting()
