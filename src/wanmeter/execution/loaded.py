"""What a program loads: the parameters of each component, whether it runs all of them or not."""

from collections.abc import Sequence
from functools import cached_property
from typing import cast

from attrs import frozen

from wanmeter.errors import UnknownNameError
from wanmeter.layers import AttentionShape, ConvolutionShape, Layer, MatmulShape
from wanmeter.layers.decorators import Decorator, Repeated
from wanmeter.models import Run, Workload
from wanmeter.models.components.specs import PIXEL_CHANNELS
from wanmeter.models.components.stages import interned_stage
from wanmeter.models.components.vae import VaeDecode, VaeEncode


@frozen(kw_only=True)
class Units:
    """Parameters by the units that are moved or sharded on their own: blocks, and the rest, the root."""

    root: int
    block: int
    blocks: int

    @property
    def params(self) -> int:
        """All parameters."""
        return self.root + self.block * self.blocks

    def shard(self, gpus: int) -> int:
        """The parameters that each of some GPUs keeps, every unit padded to equal parts."""
        return -(-self.root // gpus) + self.blocks * -(-self.block // gpus)


@frozen
class Loaded:
    """The components of a run, as a program loads them, and the sizes of what its workload has."""

    run: Run
    workload: Workload

    def layers(self, stage: str) -> Sequence[Repeated]:
        """The layers of a stage, one for each shape, and the number of calls of each."""
        run = self.run
        made = run.family.stages[stage].layers(run, self.workload)
        return [
            each
            for layer in made
            for each in (layer.repeated if isinstance(layer, Decorator) else [(layer, 1)])
        ]

    def runs(self, stage: str) -> bool:
        """Whether a stage has any passes: an expert may have no steps."""
        return any([times for _, times in self.layers(stage)])

    def units(self, stage: str) -> Units:
        """The parameters of a transformer or a text encoder."""
        (layer, _), *_ = self.layers(stage)
        (blocks,) = [child for child in layer.children if child.name == "blocks"]
        block = blocks.layer.cost.params
        root = layer.cost.params - blocks.copies * block
        return Units(root=root, block=block, blocks=blocks.copies)

    def params(self, stage: str) -> int:
        """The parameters of the component that a stage runs."""
        (layer, _), *_ = self.layers(stage)
        return layer.cost.params

    def weight_bytes(self, stage: str) -> int:
        """The weights that a stage uses, in the run's element sizes."""
        (layer, _), *_ = self.layers(stage)
        return layer.cost.weight_bytes

    def core(self, stage: str) -> AttentionShape:
        """The core of a transformer's self-attention."""
        (layer, _), *_ = self.layers(stage)
        core = find(layer, "blocks/self_attn/core").invocations[0].operator.shape
        return cast(AttentionShape, core)

    def channels(self, stage: str) -> tuple[int, int]:
        """The channels of the latents that a transformer is given, and of a control video if there is one."""
        (layer, _), *_ = self.layers(stage)
        names = {child.name for child in layer.children}
        first, second = [
            _in_channels(find(layer, name)) if name in names else 0
            for name in ("patch_embedding", "vace_patch_embedding")
        ]
        return first, second

    @cached_property
    def vae(self) -> int:
        """The parameters of the whole VAE, of which a stage runs the encoder or the decoder."""
        spec = self.run.vae
        _, height, width = spec.stride
        halves: list[Layer] = [
            interned_stage(VaeEncode, spec=spec, batch_size=1, video=(1, height, width)),
            interned_stage(VaeDecode, spec=spec, batch_size=1, latents=(1, 1, 1)),
        ]
        return sum([half.cost.params for half in halves])

    @cached_property
    def latent_elements(self) -> int:
        """The elements of the latents of all samples."""
        frames, height, width = self.run.geometry.grid(self.workload).size
        return self.workload.batch_size * self.run.vae.z_dim * frames * height * width

    @cached_property
    def video_elements(self) -> int:
        """The elements of the pixels of all samples."""
        workload = self.workload
        pixels = workload.num_frames * workload.height * workload.width
        return workload.batch_size * PIXEL_CHANNELS * pixels

    @cached_property
    def prompt_elements(self) -> int:
        """The elements of one encoded prompt for each sample."""
        workload = self.workload
        return workload.batch_size * workload.text_len * self.run.text_encoder.dim

    @cached_property
    def feature_elements(self) -> int:
        """The elements of the image features of all samples."""
        (layer, _), *_ = self.layers("transformer")
        shape = find(layer, "img_emb/mlp/up_proj").invocations[0].operator.shape
        embedded = cast(MatmulShape, shape)
        return embedded.m * embedded.k


def find(layer: Layer, path: str) -> Layer:
    """The part of a layer at a path.

    Raises:
        UnknownNameError: it has none, as a layer of a third party may.
    """
    for name in path.split("/"):
        parts = {child.name: child.layer for child in layer.children}
        if name not in parts:
            raise UnknownNameError(f"part on the way to {path}", name, tuple(parts))
        layer = parts[name]
    return layer


def _in_channels(layer: Layer) -> int:
    return cast(ConvolutionShape, layer.invocations[0].operator.shape).in_channels
