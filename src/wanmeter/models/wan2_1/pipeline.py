"""The pipeline: its stages, in execution order."""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property, partial
from typing import final

from attrs import frozen

from wanmeter.backends.registry import BUILT_IN
from wanmeter.layers import Composite, Forward, Layer, Step, StepScaled
from wanmeter.layers.interning import Interned
from wanmeter.models.components.image_encoder import ImageEncoder
from wanmeter.models.components.text_encoder import TextEncoder
from wanmeter.models.components.vae import VaeDecode, VaeEncode
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.layer_factory import LayerFactory
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.models.wan2_1.transformer import build_transformer
from wanmeter.models.workload import Workload

stage = Interned(64)
"""Makes a stage, or returns an equal one made before: runs that differ only in steps share their VAE."""


COMPONENT_OF = {
    "text_encoder": "text_encoder",
    "image_encoder": "image_encoder",
    "vae_encode": "vae",
    "transformer": "transformer",
    "vae_decode": "vae",
}
"""The component that each stage runs, in execution order."""


def stages_of(model: ModelSpec) -> tuple[str, ...]:
    """The stages that a model's pipeline has, in execution order."""
    sees_images = model.num_images > 0
    optional = {"image_encoder": sees_images, "vae_encode": sees_images or model.task == "vace"}
    return tuple(stage for stage in COMPONENT_OF if optional.get(stage, True))


def components_of(model: ModelSpec, stages: Collection[str]) -> set[str]:
    """The components that the given stages need."""
    components = {COMPONENT_OF[stage] for stage in stages if stage in COMPONENT_OF}
    # The transformer attends to the image encoder's tokens.
    sees_images = model.num_images > 0 and "transformer" in stages
    return components | {"image_encoder"} if sees_images else components


@final
@frozen(kw_only=True)
class WanPipeline(Composite):
    """A Wan2.1 run, as in the official code. `workload` replaces that of `settings`.

    Source: Wan2.1 wan/text2video.py, image2video.py, first_last_frame2video.py and vace.py.
    """

    settings: Settings[ModelSpec]
    workload: Workload

    @cached_property
    def forward(self) -> Forward:
        """The stages."""
        build: dict[str, Callable[[], Sequence[Layer]]] = {
            "text_encoder": self._text_encoder,
            "image_encoder": self._image_encoder,
            "vae_encode": self._vae_encode,
            "transformer": self._transformer,
            "vae_decode": self._vae_decode,
        }
        chosen = self.settings.stages or stages_of(self.settings.model)
        return Forward(
            steps=[
                Step(name, layer)
                for name in stages_of(self.settings.model)
                if name in chosen
                for layer in build[name]()
            ]
        )

    def _text_encoder(self) -> list[StepScaled]:
        """The prompt, and with guidance the negative prompt, each in a pass of its own."""
        encoder = stage(
            TextEncoder,
            spec=self.settings.text_encoder,
            batch_size=self.workload.batch_size,
            tokens=self.workload.text_len,
        )
        return [StepScaled(encoder, self.workload.prompts)]

    def _image_encoder(self) -> list[ImageEncoder]:
        """All images of all samples in one pass."""
        images = self.workload.batch_size * self.settings.model.num_images
        return [stage(ImageEncoder, spec=self.settings.image_encoder, images=images)]

    def _vae_encode(self) -> list[StepScaled]:
        """One clip as long as the video; for VACE two, and each reference image on its own."""
        vace = self.settings.model.task == "vace"
        clips = [(self.workload.num_frames, 2 if vace else 1)]
        if self.workload.num_reference_images:
            clips += [(1, self.workload.num_reference_images)]
        return [
            StepScaled(
                stage(
                    VaeEncode,
                    spec=self.settings.vae,
                    batch_size=self.workload.batch_size,
                    video=(frames, self.workload.height, self.workload.width),
                ),
                times,
            )
            for frames, times in clips
        ]

    def _transformer(self) -> list[StepScaled]:
        """One pass per step, or two with guidance."""
        grid = GEOMETRY.grid(self.workload)
        factory = LayerFactory(
            model=self.settings.model,
            options=self.settings.transformer,
            workload=self.workload,
            backend=self.settings.layer_impl,
            grid=grid.with_frames(self.workload.num_reference_images),
            image_tokens=self.settings.model.num_images * self.settings.image_encoder.tokens,
        )
        # A third party's backend may return another layer for an equal spec.
        packaged = factory.backend in BUILT_IN
        build = partial(stage, build_transformer) if packaged else build_transformer
        return [StepScaled(build(factory=factory), self.workload.forward_passes)]

    def _vae_decode(self) -> list[VaeDecode]:
        """The video's latents, without those of reference images."""
        latents = GEOMETRY.grid(self.workload).size
        return [
            stage(
                VaeDecode,
                spec=self.settings.vae,
                batch_size=self.workload.batch_size,
                latents=latents,
            )
        ]
