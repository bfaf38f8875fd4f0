"""`Run`: everything that a cost depends on."""

from collections.abc import Sequence

from attrs import field, frozen

from wanmeter.backends import LayerBackend, get_backend
from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.validation import instance_of
from wanmeter.wan.components import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.wan.geometry import LatentGrid
from wanmeter.wan.pipeline import STAGES, WanPipeline, stages_of
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.supply import LayerSupply
from wanmeter.wan.workload import Workload

MAX_PATCHES = 1024
"""Rows of the rotary table of each axis. Source: Wan2.1 wan/modules/model.py, WanModel.freqs."""


def _stages(stages: Sequence[str] | None) -> tuple[str, ...] | None:
    if stages is None:
        return None
    names = isinstance(stages, list | tuple) and all(type(stage) is str for stage in stages)
    if not names or not stages:
        raise InvalidValueError("stages", stages, f"a list of {', '.join(STAGES)}")
    for stage in stages:
        if stage not in STAGES:
            raise UnknownNameError("stage", stage, STAGES)
    return tuple(stage for stage in STAGES if stage in stages)


@frozen(kw_only=True)
class Run:
    """A model and its components, a workload, and the backend that supplies the transformer's layers.

    `stages` restricts the run to some of the pipeline's stages; `None` is all of them.

    Raises:
        UnknownNameError: `layer_impl` names no known backend, or `stages` no stage.
        InvalidValueError: the workload asks for what the model cannot do, or the components do not fit
            together.
    """

    model: ModelSpec = field(validator=instance_of(ModelSpec))
    transformer: TransformerOptions = field(
        factory=TransformerOptions, validator=instance_of(TransformerOptions)
    )
    text_encoder: TextEncoderSpec = field(
        factory=TextEncoderSpec, validator=instance_of(TextEncoderSpec)
    )
    image_encoder: ImageEncoderSpec = field(
        factory=ImageEncoderSpec, validator=instance_of(ImageEncoderSpec)
    )
    vae: VaeSpec = field(factory=VaeSpec, validator=instance_of(VaeSpec))
    workload: Workload = field(validator=instance_of(Workload))
    stages: tuple[str, ...] | None = field(default=None, converter=_stages)
    layer_impl: LayerBackend = field(converter=get_backend)

    def __attrs_post_init__(self) -> None:
        """Refuse what does not fit together."""
        self._check_pictures()
        self._check_widths()
        references = self.workload.num_reference_images
        axes = ("num_frames", "height", "width")
        for axis, patches in zip(axes, self._supply(self.workload).grid.patches, strict=True):
            if patches > MAX_PATCHES:
                if axis == "num_frames" and references:
                    axis = "num_reference_images"  # each is a latent frame
                given = getattr(self.workload, axis)
                allowed = f"at most {MAX_PATCHES} patches along an axis, the rotary table's length"
                raise InvalidValueError(f"workload.{axis}", given, allowed)
        if self.stages is not None:
            for stage in self.stages:
                if stage not in stages_of(self.model):
                    allowed = f"no {stage}: {self.model.name} has none"
                    raise InvalidValueError("stages", list(self.stages), allowed)

    def _check_pictures(self) -> None:
        """Refuse more or fewer pictures than the model's program takes."""
        model, workload = self.model, self.workload
        if workload.num_frames < model.num_images:
            allowed = f"5, 9, ...: {model.name} is given the first frame and the last"
            raise InvalidValueError(
                "workload.num_frames", workload.num_frames, allowed, nearest=(5,)
            )
        references, latents = workload.num_reference_images, LatentGrid.of(workload).size[0]
        if model.task != "vace" and references:
            allowed = f"0: {model.name} takes no reference images"
            raise InvalidValueError("workload.num_reference_images", references, allowed)
        if references > latents:
            # Each takes the mask of one of the video's latent frames, cut off from its start.
            # Source: Wan2.1 wan/vace.py, WanVace.vace_encode_masks.
            allowed = f"at most the video's {latents} latent frames"
            raise InvalidValueError(
                "workload.num_reference_images", references, allowed, nearest=(latents,)
            )

    def _check_widths(self) -> None:
        """Refuse components that could not hand their results on."""
        model, z_dim = self.model, self.vae.z_dim
        wanted = {
            "text_encoder.dim": (self.text_encoder.dim, model.text_dim, "model.text_dim"),
            "vae.z_dim": (z_dim, model.out_dim, "model.out_dim"),
        }
        if model.num_images:
            # Noise, a mask for each of 4 frames, and the latents of the images.
            wanted["model.in_dim"] = (model.in_dim, 2 * z_dim + 4, "2 vae.z_dim + 4")
            wanted["image_encoder.dim"] = (
                self.image_encoder.dim,
                model.image_dim,
                "model.image_dim",
            )
        else:
            wanted["model.in_dim"] = (model.in_dim, z_dim, "vae.z_dim")
        if model.task == "vace":
            # Two videos' latents, and a mask of 8 x 8 pixels a latent.
            wanted["model.vace_in_dim"] = (model.vace_in_dim, 2 * z_dim + 64, "2 vae.z_dim + 64")
        for field_name, (given, width, rule) in wanted.items():
            if given != width:
                raise InvalidValueError(field_name, given, f"{rule} = {width}")

    def pipeline(self, workload: Workload | None = None) -> WanPipeline:
        """The tree of layers that the run executes, at its own workload or at one that answers as one."""
        return WanPipeline(
            supply=self._supply(workload or self.workload),
            text_encoder=self.text_encoder,
            image_encoder=self.image_encoder,
            vae=self.vae,
            stages=self.stages,
        )

    def _supply(self, workload: Workload) -> LayerSupply:
        return LayerSupply(
            model=self.model,
            options=self.transformer,
            workload=workload,
            backend=self.layer_impl,
            image_tokens=self.model.num_images * self.image_encoder.tokens,
        )
