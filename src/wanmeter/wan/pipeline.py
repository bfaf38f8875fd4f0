"""The pipeline: its stages, in execution order."""

from typing import final

from attrs import frozen

from wanmeter.layers import Child, Composite
from wanmeter.wan.supply import LayerSupply
from wanmeter.wan.transformer import build_transformer


@final
@frozen
class WanPipeline(Composite):
    """A run of a Wan2.1 model: its stages, named after the diffusers components."""

    supply: LayerSupply

    @property
    def children(self) -> tuple[Child, ...]:
        """The stages."""
        return (Child(name="transformer", layer=build_transformer(self.supply)),)
