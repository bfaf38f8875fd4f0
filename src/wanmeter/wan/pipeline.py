"""The pipeline: its stages, in execution order."""

from collections.abc import Iterator
from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Child, Composite, Layer, StepScaled, passes
from wanmeter.wan.components import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.wan.geometry import LatentGrid
from wanmeter.wan.image_encoder import ImageEncoder
from wanmeter.wan.supply import LayerSupply
from wanmeter.wan.text_encoder import TextEncoder
from wanmeter.wan.transformer import build_transformer
from wanmeter.wan.vae import VaeDecode, VaeEncode

STAGES = ("text_encoder", "image_encoder", "vae_encode", "transformer", "vae_decode")
"""All stages that a pipeline can have, in execution order, named after the diffusers components."""


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
        return tuple(
            Child(name=name, layer=layer)
            for name, layer in self._all_stages()
            if self.stages is None or name in self.stages
        )

    def _all_stages(self) -> Iterator[tuple[str, Layer]]:
        model = self.supply.model
        yield "text_encoder", self._text_encoder()
        if model.num_images:
            yield "image_encoder", self._image_encoder()
        if model.num_images or model.task == "vace":
            yield "vae_encode", self._vae_encode()
        yield "transformer", build_transformer(self.supply)
        yield "vae_decode", self._vae_decode()

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
