"""A scenario of chaos experiments that a package of its own brings: mock PLCs answer late."""

from typing import Annotated

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.control.chaos.deeds import Deed, Mock, MockFault, MockRemove, Spot
from pydantic import Field


class SlowAnswersParameters(ApiModel):
    """What an experiment may say in `parameters`."""

    millis: Annotated[int, Field(ge=1, le=60_000, strict=True)]
    """How late each answer is, in milliseconds."""
    control_port: Annotated[int, Field(ge=1, le=65535, strict=True)] = 5503
    """Port of the mock's control API."""


class SlowAnswers:
    """Says what is to be done, and does nothing itself: whoever asks for it puts the lease on, and ends it."""

    name = "slowAnswers"
    parameters = SlowAnswersParameters
    targets = frozenset({TargetKind.PLCS})
    needs = frozenset({"mock"})
    one_shot = False

    def validate(self, given: SlowAnswersParameters, policy: ChaosPolicySpec) -> tuple[str, ...]:
        """Return what is wrong with the parameters that their model cannot know."""
        if given.millis > policy.max_duration_secs * 1000:
            return ("an answer would be later than an experiment may be long (maxDurationSecs of the ChaosPolicy)",)
        return ()

    def execute(self, given: SlowAnswersParameters, spot: Spot) -> Deed:
        """Return what is done to a target."""
        return MockFault(spot, {"fault": f"delay:{given.millis}ms"}, mock=Mock(given.control_port))

    def cleanup(self, given: SlowAnswersParameters, spot: Spot) -> Deed | None:
        """Return what undoes it, however often that is asked for."""
        return MockRemove(spot, Mock(given.control_port))


SLOW_ANSWERS = SlowAnswers()
