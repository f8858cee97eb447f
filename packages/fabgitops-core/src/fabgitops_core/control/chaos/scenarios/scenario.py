"""What a scenario says, without doing anything: requests are data, and leases are put on by who asks for them."""

from typing import Any, Protocol, TypeVar, runtime_checkable

from fabgitops_core.api.chaos.policy import ChaosPolicySpec
from fabgitops_core.api.chaos.target import TargetKind
from fabgitops_core.api.meta import ApiModel
from fabgitops_core.control.chaos.deeds import Deed, Spot

Given_contra = TypeVar("Given_contra", bound=ApiModel, contravariant=True)


@runtime_checkable
class Scenario(Protocol[Given_contra]):
    """One thing that may be done."""

    @property
    def name(self) -> str:
        """Return what a user calls it."""
        ...

    @property
    def parameters(self) -> type[Any]:
        """Return the model of what it is given."""
        ...

    @property
    def targets(self) -> frozenset[TargetKind]:
        """Return to what it may be done; nothing for what is about the operator itself."""
        ...

    @property
    def needs(self) -> frozenset[str]:
        """Return the capabilities that an agent must have."""
        ...

    @property
    def one_shot(self) -> bool:
        """Return whether it is over as soon as it is done."""
        ...

    def validate(self, given: Given_contra, policy: ChaosPolicySpec) -> tuple[str, ...]:
        """Return what is wrong with its parameters that their model cannot know."""
        ...

    def execute(self, given: Given_contra, spot: Spot) -> Deed:
        """Return what is done."""
        ...

    def cleanup(self, given: Given_contra, spot: Spot) -> Deed | None:
        """Return what undoes it, however often it is asked for; None where nothing can."""
        ...
