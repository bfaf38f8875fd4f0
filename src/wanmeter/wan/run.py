"""`Run`: everything that a cost depends on."""

from attrs import field, frozen

from wanmeter.backends import LayerBackend, get_backend
from wanmeter.wan.pipeline import WanPipeline
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.supply import LayerSupply
from wanmeter.wan.workload import Workload


@frozen(kw_only=True)
class Run:
    """A model, how its transformer is read, a workload, and the backend that supplies layers.

    Raises:
        UnknownNameError: `layer_impl` names no known backend.
    """

    model: ModelSpec
    transformer: TransformerOptions
    workload: Workload
    layer_impl: LayerBackend = field(converter=get_backend)

    def pipeline(self) -> WanPipeline:
        """The tree of layers that the run executes."""
        return WanPipeline(
            LayerSupply(
                model=self.model,
                options=self.transformer,
                workload=self.workload,
                backend=self.layer_impl,
            )
        )
