"""What the VAE's feature cache keeps alive around each step of a chunk."""

from collections.abc import Iterable

from attrs import evolve

from wanmeter.layers import CausalConv3d, Child, FrameCache, Layer


def cached_bytes(layer: Layer) -> int:
    """Bytes that the layer's convolutions have cached when it starts on a chunk."""
    if isinstance(layer, CausalConv3d):
        return layer.cached_bytes
    return sum(child.copies * cached_bytes(child.layer) for child in _run(layer))


def kept_bytes(layer: Layer) -> int:
    """Bytes that the layer's convolutions have cached when it is done with a chunk."""
    if isinstance(layer, CausalConv3d | FrameCache):
        return layer.kept_bytes
    return sum(child.copies * kept_bytes(child.layer) for child in _run(layer))


def holding_caches(children: Iterable[Child]) -> tuple[Child, ...]:
    """The steps of a chunk, in order, each with the caches of the others held around it.

    Those before it hold what they keep for the next chunk, those after it what they had cached. Of
    several copies the last has most around it: a convolution keeps no less than it had.
    """
    steps = tuple(children)
    before, after = 0, sum(step.copies * cached_bytes(step.layer) for step in steps)
    held = []
    for step in steps:
        after -= step.copies * cached_bytes(step.layer)
        earlier_copies = (step.copies - 1) * kept_bytes(step.layer)
        caches = before + earlier_copies + after
        held.append(evolve(step, held_bytes=step.held_bytes + caches))
        before += step.copies * kept_bytes(step.layer)
    return tuple(held)


def _run(layer: Layer) -> tuple[Child, ...]:
    """The parts of a layer that are run."""
    return layer.children if layer.calls else ()
