"""The transformer's head."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Composite, Forward, ModulationTable, Step
from wanmeter.models.wan2_1.layer_factory import LayerFactory


@final
@frozen
class WanHead(Composite):
    """Modulated norm and projection: [batch_size, tokens, dim] -> [batch_size, tokens, patch_elements].

    The modulation is a learned table [2, dim] plus the time embedding [batch_size, dim], per token
    [batch_size, tokens, dim].

    Source: Wan2.1 wan/modules/model.py, Head.forward.
    """

    factory: LayerFactory

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        factory, make = self.factory, self.factory.make
        tokens, dim, each = factory.tokens, factory.model.dim, factory.time_per_token
        time = factory.time_tokens
        modulation = make(ModulationTable, tokens=time, vectors=2, dim=dim, shared=True)
        norm = make.layer_norm(tokens, dim, affine=False, modulated=True, per_token=each)
        projection = make.linear(tokens, dim, factory.patch_elements)
        steps = (
            Step("modulation", modulation, reads=("time",), writes=("shift", "scale")),
            Step("norm", norm, reads=("x", "shift", "scale"), writes=("y",)),
            Step("head", projection, reads=("y",)),
        )
        tensors = {
            "x": make.tensor(tokens, dim),
            "y": make.tensor(tokens, dim),
            **dict.fromkeys(("time", "shift", "scale"), make.tensor(time, dim)),
        }
        return Forward(steps=steps, tensors=tensors)
