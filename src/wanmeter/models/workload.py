"""`Workload`: the videos that a model is to generate, and how."""

from typing import ClassVar

from attrs import Attribute, field, fields, frozen
from attrs.validators import optional

from wanmeter.arithmetic import Symbolic
from wanmeter.records import OPTIONAL, is_optional
from wanmeter.validators import as_float, boolean, bounded_count, bounded_int, positive_number


def _guidance(instance: object, attribute: "Attribute[bool]", value: object) -> None:
    """Refuse anything but true, false, or a symbol that is 1 or 0."""
    if not isinstance(value, Symbolic):
        boolean(instance, attribute, value)


@frozen(kw_only=True)
class Workload:
    """One run of a pipeline: `batch_size` videos of `num_frames` frames of `height` x `width` pixels.

    With `guidance` (classifier-free), each step is two forward passes. `text_len` is the number of tokens
    that prompts are padded to. Each of `num_reference_images`, for models that take any, is denoised as
    one more latent frame. A model's geometry decides which numbers of frames, heights and widths are
    valid; nothing is rounded.

    `sample_shift` shifts the steps towards high noise; `None` means the model's own. Of a model with two
    experts, `high_noise_steps` is the number of steps that the first one takes; `None` means as the
    sampler's schedule decides. With `image`, a model that makes videos from text or from an image is
    given an image.

    Raises:
        InvalidValueError: a count is not a positive int, or a shift is not a positive number. Only
            `num_reference_images` and `high_noise_steps` may be 0.
    """

    SECTION: ClassVar[str] = "workload"

    batch_size: int = field(default=1, validator=bounded_int)
    num_frames: int = field(validator=bounded_int)
    height: int = field(validator=bounded_int)
    width: int = field(validator=bounded_int)
    num_inference_steps: int = field(validator=bounded_int)
    guidance: bool = field(default=True, validator=_guidance)
    text_len: int = field(default=512, validator=bounded_int)
    num_reference_images: int = field(default=0, validator=bounded_count)
    sample_shift: float | None = field(
        default=None, converter=as_float, validator=optional(positive_number), metadata=OPTIONAL
    )
    high_noise_steps: int | None = field(
        default=None, validator=optional(bounded_count), metadata=OPTIONAL
    )
    image: bool = field(default=False, validator=boolean, metadata=OPTIONAL)

    @property
    def forward_passes(self) -> int:
        """Passes through the transformer: two per step with guidance, else one."""
        return self.num_inference_steps * self.prompts

    @property
    def prompts(self) -> int:
        """Prompts to encode: one, or with guidance two, including the negative prompt."""
        return 1 + self.guidance


VARIED = tuple(each.name for each in fields(Workload) if not is_optional(each))
"""Fields that a sweep can vary."""

FIXED = tuple(each.name for each in fields(Workload) if is_optional(each))
"""Fields that all workloads of a sweep share."""
