"""`Phase`: a part of a run during which the same weights are on the device."""

from collections.abc import Mapping
from typing import NamedTuple

from attrs import frozen

from wanmeter.arithmetic import peak
from wanmeter.execution.execution import Execution
from wanmeter.execution.tape import Moment, Workspace


class Passes(NamedTuple):
    """A forward pass, and how often it runs."""

    execution: Execution
    times: int


@frozen(kw_only=True)
class Phase:
    """What is on the device while a stage runs: weights and waiting tensors, by what they are, in bytes.

    A stage that runs on the host has no passes.
    """

    name: str
    stage: str
    weights: Mapping[str, int]
    held: Mapping[str, int]
    passes: tuple[Passes, ...]

    @property
    def weights_bytes(self) -> int:
        """Weights on the device."""
        return sum(self.weights.values())

    @property
    def held_bytes(self) -> int:
        """Inputs, and whatever else waits."""
        return sum(self.held.values())

    @property
    def activation_bytes(self) -> int:
        """The most bytes that forward passes create and keep at once."""
        return self._peak("none")

    def workspace_bytes(self, workspace: Workspace) -> int:
        """How much more is live at the peak if convolutions take this workspace."""
        return self._peak(workspace) - self.activation_bytes

    def _peak(self, workspace: Workspace) -> int:
        return peak(*[each.execution.peaks[workspace] for each in self.passes])

    @property
    def moment(self) -> Moment | None:
        """The first moment with the most live bytes, without workspace; `None` without passes."""
        moments = [each.execution.moment for each in self.passes]
        return max(moments, key=lambda each: each.live_bytes, default=None)
