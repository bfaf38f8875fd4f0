"""`Workload`: what is asked of a model."""

from typing import ClassVar

from attrs import field, frozen

from wanmeter.validators import boolean, bounded_count, bounded_int


@frozen(kw_only=True)
class Workload:
    """One run of a pipeline: `batch_size` videos of `num_frames` frames of `height` x `width` pixels.

    `guidance` (classifier-free) makes a step two forward passes; `text_len` is the length in tokens
    that prompts are padded to. `num_reference_images` is for models that take any: each is a latent frame
    more that is denoised along. Which numbers of frames and which sides a model takes is its geometry's
    to say; nothing is rounded.

    Raises:
        InvalidValueError: a count is not a positive int.
    """

    SECTION: ClassVar[str] = "workload"

    batch_size: int = field(default=1, validator=bounded_int)
    num_frames: int = field(validator=bounded_int)
    height: int = field(validator=bounded_int)
    width: int = field(validator=bounded_int)
    num_inference_steps: int = field(validator=bounded_int)
    guidance: bool = field(default=True, validator=boolean)
    text_len: int = field(default=512, validator=bounded_int)
    num_reference_images: int = field(default=0, validator=bounded_count)

    @property
    def forward_passes(self) -> int:
        """Passes through the transformer: two a step with guidance, else one."""
        return self.num_inference_steps * self.prompts

    @property
    def prompts(self) -> int:
        """Prompts to encode: with guidance, the negative one too."""
        return 2 if self.guidance else 1
