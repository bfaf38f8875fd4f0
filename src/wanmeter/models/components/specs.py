"""The dimensions of the components around the transformer: text encoder, image encoder and VAE.

The defaults are those of every Wan2.1 model. `bits` and `weight_bits` are the sizes of an activation and
of a stored parameter; they default to 16, and in the VAE to 32.
"""

from typing import ClassVar

from attrs import field, frozen
from attrs.validators import optional

from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.errors import InvalidValueError
from wanmeter.layers import Precision
from wanmeter.records import OPTIONAL
from wanmeter.validators import (
    as_tuple,
    boolean,
    bounded_int,
    divisor_of,
    one_of,
    tuple_of_bools,
    tuple_of_ints,
)

PIXEL_CHANNELS = 3


@frozen(kw_only=True)
class TextEncoderSpec:
    """UMT5-XXL's encoder.

    Source: Wan2.1 wan/modules/t5.py, umt5_xxl; google/umt5-xxl, config.json.
    """

    SECTION: ClassVar[str] = "text_encoder"
    PRECISION: ClassVar[Precision] = Precision(bits=16, weight_bits=16)

    vocab_size: int = field(default=256_384, validator=bounded_int)
    dim: int = field(default=4096, validator=bounded_int)
    head_dim: int = field(default=64, validator=bounded_int)
    num_heads: int = field(default=64, validator=bounded_int)
    ffn_dim: int = field(default=10_240, validator=bounded_int)
    num_layers: int = field(default=24, validator=bounded_int)
    num_buckets: int = field(default=32, validator=bounded_int)
    bits: int | None = field(default=None, validator=optional(bounded_int))
    weight_bits: int | None = field(default=None, validator=optional(bounded_int))


@frozen(kw_only=True)
class ImageEncoderSpec:
    """The vision tower of CLIP ViT-H/14. It runs `layers_run` of its `num_layers` blocks.

    The official code runs 31 of 32 blocks and takes their output; diffusers runs all 32 and takes the
    input of the last.

    Source: Wan2.1 wan/modules/clip.py, clip_xlm_roberta_vit_h_14 and CLIPModel.visual.
    """

    SECTION: ClassVar[str] = "image_encoder"
    PRECISION: ClassVar[Precision] = Precision(bits=16, weight_bits=16)

    image_size: int = field(default=224, validator=bounded_int)
    patch_size: int = field(default=14, validator=[bounded_int, divisor_of("image_size")])
    dim: int = field(default=1280, validator=bounded_int)
    ffn_dim: int = field(default=5120, validator=bounded_int)
    num_heads: int = field(default=16, validator=[bounded_int, divisor_of("dim")])
    num_layers: int = field(default=32, validator=bounded_int)
    layers_run: int = field(default=31, validator=bounded_int)
    act_fn: str = field(default="GELUExact", validator=one_of(ACTIVATION_OPS))
    bits: int | None = field(default=None, validator=optional(bounded_int))
    weight_bits: int | None = field(default=None, validator=optional(bounded_int))

    def __attrs_post_init__(self) -> None:
        """Refuse to run more blocks than there are."""
        if self.layers_run > self.num_layers:
            allowed = f"at most num_layers = {self.num_layers}"
            raise InvalidValueError("image_encoder.layers_run", self.layers_run, allowed)

    @property
    def grid(self) -> int:
        """Patches along each side of the image."""
        return self.image_size // self.patch_size

    @property
    def tokens(self) -> int:
        """Tokens per image: its patches and the class token."""
        return self.grid * self.grid + 1


@frozen(kw_only=True)
class VaeSpec:
    """The causal 3-D VAE: levels of `dim` x `dim_mult` channels, with height and width halved between them.

    `temporal_downsample` says which of those steps also halve the frames. The decoder's levels have
    `decoder_dim` x `dim_mult` channels; `None` means `dim`. Each square of `patch_size` x `patch_size`
    pixels becomes channels of one. With `residual`, a shortcut without weights spans each level, and
    upsampling keeps the channels.

    Source: Wan2.1 wan/modules/vae.py, _video_vae; Wan2.2 wan/modules/vae2_2.py, _video_vae.
    """

    SECTION: ClassVar[str] = "vae"
    PRECISION: ClassVar[Precision] = Precision(bits=32, weight_bits=32)

    dim: int = field(default=96, validator=bounded_int)
    z_dim: int = field(default=16, validator=bounded_int)
    dim_mult: tuple[int, ...] = field(
        default=(1, 2, 4, 4), converter=as_tuple, validator=tuple_of_ints(1, "positive")
    )
    num_res_blocks: int = field(default=2, validator=bounded_int)
    temporal_downsample: tuple[bool, ...] = field(
        default=(False, True, True), converter=as_tuple, validator=tuple_of_bools
    )
    decoder_dim: int | None = field(
        default=None, validator=optional(bounded_int), metadata=OPTIONAL
    )
    patch_size: int = field(default=1, validator=bounded_int, metadata=OPTIONAL)
    residual: bool = field(default=False, validator=boolean, metadata=OPTIONAL)
    bits: int | None = field(default=None, validator=optional(bounded_int))
    weight_bits: int | None = field(default=None, validator=optional(bounded_int))

    def __attrs_post_init__(self) -> None:
        """Refuse a number of levels that does not match the steps between them."""
        levels = len(self.temporal_downsample) + 1
        if len(self.dim_mult) != levels:
            allowed = f"{levels} levels, one more than temporal_downsample has steps"
            raise InvalidValueError("vae.dim_mult", self.dim_mult, allowed)
        if self.residual and not self._has_shortcuts():
            allowed = "multiples that shortcuts can average and repeat, the last two equal"
            raise InvalidValueError("vae.dim_mult", self.dim_mult, allowed)

    def _has_shortcuts(self) -> bool:
        """Whether the means and the repetitions of all shortcuts are of whole numbers of elements.

        Source: Wan2.2 wan/modules/vae2_2.py, the assertions of AvgDown3D and DupUp3D.
        """
        down = list(zip((1, *self.dim_mult), self.dim_mult, self.temporal_downsample, strict=False))
        up = self.dim_mult[::-1]
        doubled = self.temporal_downsample[::-1]
        return (
            all(narrow * (8 if time else 4) % wide == 0 for narrow, wide, time in down)
            and all(
                out * (8 if time else 4) % into == 0
                for into, out, time in zip((up[0], *up), up, doubled, strict=False)
            )
            and self.dim_mult[-1:] == self.dim_mult[-2:-1]
        )

    @property
    def stride(self) -> tuple[int, int, int]:
        """Frames, rows and columns of pixels per latent."""
        side = self.patch_size * 2 ** len(self.temporal_downsample)
        return 2 ** sum(self.temporal_downsample), side, side

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each of the encoder's levels, from pixels to latents."""
        return tuple(self.dim * factor for factor in self.dim_mult)

    @property
    def decoder_widths(self) -> tuple[int, ...]:
        """Channels of each of the decoder's levels, from latents to pixels."""
        dim = self.dim if self.decoder_dim is None else self.decoder_dim
        return tuple(dim * factor for factor in reversed(self.dim_mult))

    @property
    def pixel_channels(self) -> int:
        """Channels of the pixels as the coders see them."""
        return PIXEL_CHANNELS * self.patch_size * self.patch_size
