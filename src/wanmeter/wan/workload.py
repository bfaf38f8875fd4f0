"""`Workload`: what is asked of a model."""

from typing import ClassVar

from attrs import field, frozen

from wanmeter.validation import arithmetic_progression, boolean, bounded_count, bounded_int

# A latent frame holds 4 frames (the first holds 1); a token covers 2 x 2 latents of 8 x 8 pixels.
_frames = arithmetic_progression(1, 4, "4k + 1: 1, 5, 9, ..., 81, ...")
_side = arithmetic_progression(16, 16, "a positive multiple of 16")


@frozen(kw_only=True)
class Workload:
    """One run of a pipeline: `batch_size` videos of `num_frames` frames of `height` x `width` pixels.

    `guidance` (classifier-free) makes a step two forward passes; `text_len` is the length in tokens
    that prompts are padded to. `num_reference_images` is for VACE: each is a latent frame more that is
    denoised along. Nothing is rounded.

    Raises:
        InvalidValueError: a count is not a positive int, `num_frames` is not 4k + 1, or a side is not
            a multiple of 16; the error names the nearest valid values.
    """

    SECTION: ClassVar[str] = "workload"

    batch_size: int = field(default=1, validator=bounded_int)
    num_frames: int = field(validator=_frames)
    height: int = field(validator=_side)
    width: int = field(validator=_side)
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
