"""The pipeline: its stages, in execution order."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Child, Composite, Layer, StepScaled, passes
from wanmeter.wan.components import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.wan.geometry import LatentGrid
from wanmeter.wan.image_encoder import ImageEncoder
from wanmeter.wan.specs import ModelSpec
from wanmeter.wan.supply import LayerSupply
from wanmeter.wan.text_encoder import TextEncoder
from wanmeter.wan.transformer import build_transformer
from wanmeter.wan.vae import VaeDecode, VaeEncode

STAGES = ("text_encoder", "image_encoder", "vae_encode", "transformer", "vae_decode")
"""All stages that a pipeline can have, in execution order, named after the diffusers components."""


def stages_of(model: ModelSpec) -> tuple[str, ...]:
    """The stages that a model's pipeline has."""
    sees_images = model.num_images > 0
    optional = {"image_encoder": sees_images, "vae_encode": sees_images or model.task == "vace"}
    return tuple(stage for stage in STAGES if optional.get(stage, True))


@final
@frozen(kw_only=True)
class WanPipeline(Composite):
    """A run of a Wan2.1 model, as the official code runs it: `stages` of it, or all (`None`).

    Source: Wan2.1 wan/text2video.py, image2video.py, first_last_frame2video.py and vace.py.
    """

    supply: LayerSupply
    text_encoder: TextEncoderSpec
    image_encoder: ImageEncoderSpec
    vae: VaeSpec
    stages: tuple[str, ...] | None = None

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The stages."""
        build = {
            "text_encoder": self._text_encoder,
            "image_encoder": self._image_encoder,
            "vae_encode": self._vae_encode,
            "transformer": lambda: build_transformer(self.supply),
            "vae_decode": self._vae_decode,
        }
        return tuple(
            Child(name=name, layer=build[name]())
            for name in stages_of(self.supply.model)
            if self.stages is None or name in self.stages
        )

    def _text_encoder(self) -> Layer:
        """The prompt, and with guidance the negative prompt, each in a pass of its own."""
        workload = self.supply.workload
        encoder = TextEncoder(
            spec=self.text_encoder, batch_size=workload.batch_size, tokens=workload.text_len
        )
        return StepScaled(encoder, workload.prompts)

    def _image_encoder(self) -> Layer:
        """All images of all samples in one pass."""
        images = self.supply.workload.batch_size * self.supply.model.num_images
        return ImageEncoder(spec=self.image_encoder, images=images)

    def _vae_encode(self) -> Layer:
        """One clip as long as the video; for VACE two, and each reference image on its own."""
        workload = self.supply.workload

        def clip(frames: int) -> Layer:
            return VaeEncode(
                spec=self.vae,
                batch_size=workload.batch_size,
                video=(frames, workload.height, workload.width),
            )

        if self.supply.model.task != "vace":
            return clip(workload.num_frames)
        return passes((clip(workload.num_frames), 2), (clip(1), workload.num_reference_images))

    def _vae_decode(self) -> Layer:
        """The video's latents; those of reference images are cut off before."""
        workload = self.supply.workload
        return VaeDecode(
            spec=self.vae,
            batch_size=workload.batch_size,
            latents=LatentGrid.of(workload).size,
        )
