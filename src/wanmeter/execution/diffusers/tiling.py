"""The VAE in tiles: it decodes and encodes a frame tile by tile, and blends where they overlap.

Source: diffusers models/autoencoders/autoencoder_kl_wan.py, enable_tiling.
"""

from typing import cast

from attrs import field, frozen

from wanmeter.errors import InvalidValueError
from wanmeter.execution.diffusers.tiled_decode import tiled_decode
from wanmeter.execution.diffusers.tiled_encode import tiled_encode
from wanmeter.execution.diffusers.tiles import Side
from wanmeter.execution.diffusers.vae import vae_decode, vae_encode
from wanmeter.execution.part import Part
from wanmeter.models.components.vae import VaeDecode, VaeEncode
from wanmeter.validators import bounded_int


@frozen(kw_only=True)
class TiledDecode:
    """One call, on latents, in tiles of `min_height` x `min_width` pixels, one every stride.

    Of tiles that are alike, one is run, so the time does not depend on their number.
    """

    min_height: int = field(validator=bounded_int)
    min_width: int = field(validator=bounded_int)
    stride_height: int = field(validator=bounded_int)
    stride_width: int = field(validator=bounded_int)

    def __call__(self, part: Part) -> object:
        """AutoencoderKLWan._decode: the whole frame, if it is no larger than a tile."""
        layer = cast(VaeDecode, part.layer)
        spec, (frames, height, width) = layer.spec, layer.latents
        _, rows, columns = spec.stride
        if height <= self.min_height // rows and width <= self.min_width // columns:
            return vae_decode(part)
        patch = spec.patch_size
        heights = _decoded(height, self.min_height, self.stride_height, rows, patch)
        widths = _decoded(width, self.min_width, self.stride_width, columns, patch)
        size = layer.batch_size * spec.z_dim * height * width
        return tiled_decode(part, part.given(part.stored, frames, size), heights, widths)


def _decoded(size: int, minimum: int, stride: int, ratio: int, patch: int) -> Side:
    """The tiles of a side of `size` latents. They are blended before patches become pixels."""
    _require_overlap(minimum, stride, ratio)
    given = [min(minimum // ratio, size - start) for start in range(0, size, stride // ratio)]
    return Side(
        given=given,
        made=[ratio // patch * each for each in given],
        stride=stride // patch,
        blend=minimum // patch - stride // patch,
        size=size * ratio // patch,
    )


@frozen(kw_only=True)
class TiledEncode:
    """One call, on pixels, in tiles of `min_height` x `min_width`, one every stride.

    With a `patch_size`, sizes of tiles are in patches.
    """

    min_height: int = field(validator=bounded_int)
    min_width: int = field(validator=bounded_int)
    stride_height: int = field(validator=bounded_int)
    stride_width: int = field(validator=bounded_int)

    def __call__(self, part: Part) -> object:
        """AutoencoderKLWan._encode: the whole frame, if it is no larger than a tile."""
        layer = cast(VaeEncode, part.layer)
        spec, (frames, height, width) = layer.spec, layer.video
        if height <= self.min_height and width <= self.min_width:
            return vae_encode(part)
        patch = spec.patch_size
        _, rows, columns = [each // patch for each in spec.stride]
        heights = _encoded(height // patch, self.min_height, self.stride_height, rows)
        widths = _encoded(width // patch, self.min_width, self.stride_width, columns)
        size = layer.batch_size * spec.pixel_channels * (height // patch) * (width // patch)
        return tiled_encode(part, part.given(part.stored, frames, size), heights, widths)


def _encoded(size: int, minimum: int, stride: int, ratio: int) -> Side:
    """The tiles of a side of `size` pixels or patches."""
    _require_overlap(minimum, stride, ratio)
    given = [min(minimum, size - start) for start in range(0, size, stride)]
    return Side(
        given=given,
        made=[each // ratio for each in given],
        stride=stride // ratio,
        blend=minimum // ratio - stride // ratio,
        size=size // ratio,
    )


def _require_overlap(minimum: int, stride: int, ratio: int) -> None:
    """Refuse a stride below one latent, or beyond a tile, where AutoencoderKLWan would drop pixels."""
    if minimum < ratio:
        allowed = f"at least {ratio}, the pixels of a latent"
        raise InvalidValueError("size of a tile", minimum, allowed)
    if not ratio <= stride <= minimum:
        allowed = f"{ratio}, the pixels of a latent, to {minimum}, those of a tile"
        raise InvalidValueError("stride of tiles", stride, allowed)
