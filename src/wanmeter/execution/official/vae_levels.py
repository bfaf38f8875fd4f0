"""The levels of the official program's VAEs: residual blocks at one resolution, and a resampling.

Each function stands for the one of its name in Wan2.2 wan/modules/vae2_2.py, line by line. In Wan2.1
wan/modules/vae.py a level is no module, and has no shortcut.
"""

from collections.abc import Callable
from functools import partial

from wanmeter.execution.array import Array
from wanmeter.execution.cache import Cache
from wanmeter.execution.official.vae_blocks import residual_block
from wanmeter.execution.official.vae_resampling import avg_down, downsampling, dup_up, upsampling
from wanmeter.execution.part import Part, module

Block = Callable[[Array, Cache], Array]
"""A module that takes a clip and the cache."""


def downsamples(part: Part) -> list[Block]:
    """Encoder3d.downsamples."""
    levels = part.named("down_")
    if "residual" in levels[0]:
        return [partial(down_residual_block, level) for level in levels]
    return [block for level in levels for block in _blocks(level, downsampling)]


def upsamples(part: Part) -> list[Block]:
    """Decoder3d.upsamples."""
    levels = part.named("up_")
    if "residual" in levels[0]:
        return [partial(up_residual_block, level) for level in levels]
    return [block for level in levels for block in _blocks(level, upsampling)]


def _blocks(level: Part, resampling: Callable[[Part, Array, Cache], Array]) -> list[Block]:
    """Down_ResidualBlock.downsamples and Up_ResidualBlock.upsamples."""
    blocks = [partial(residual_block, level["resnet_0"])]
    if "resnets" in level:
        blocks += [partial(residual_block, level["resnets"])] * level.copies("resnets")
    if "resample" in level:
        blocks += [partial(resampling, level["resample"])]
    return list(blocks)


@module
def down_residual_block(part: Part, x: Array, cache: Cache) -> Array:
    """Down_ResidualBlock.forward. The last has a shortcut too, which changes no size."""
    x_copy = x.like("clone")
    for block in _blocks(part, downsampling):
        x = block(x, cache)
    resized = "resample" in part
    return x + avg_down(_shortcut(part), x_copy, x, _frames(part), resized=resized)


@module
def up_residual_block(part: Part, x: Array, cache: Cache) -> Array:
    """Up_ResidualBlock.forward."""
    x_main = x.like("clone")
    for block in _blocks(part, upsampling):
        x_main = block(x_main, cache)
    if "residual" in part:
        x_shortcut = dup_up(_shortcut(part), x, x_main, _frames(part))
        return x_main + x_shortcut
    return x_main


def _shortcut(part: Part) -> Part:
    """avg_shortcut."""
    if "shortcut" in part:
        return part["shortcut"]
    return part


def _frames(part: Part) -> int:
    """factor_t: the frames that become one, or that one becomes."""
    return 2 if "resample" in part and "time_conv" in part["resample"] else 1
