"""Counts how often a library's own pipeline runs each model, with toy models on the CPU."""

from collections import Counter
from collections.abc import Callable
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import torch
from PIL import Image

from wanmeter.models import Run
from wanmeter.models.reference import Picture, RealPasses, RealPipeline, Watched
from wanmeter.verify.real.build import make

NO_CLIP = 0
"""Frames of an input that is not a clip."""


def observe(run: Run) -> dict[str, tuple[RealPasses, ...]]:
    """Count the passes of each stage in the real pipeline of a run's task."""
    real = run.reference.pipeline(run)
    seen = _watch(real)
    # The toy clip stands for the run's clip; other lengths are kept.
    lengths = dict.fromkeys((NO_CLIP, real.num_frames), run.workload.num_frames)
    return {
        stage: tuple(
            RealPasses(count=count, num_frames=lengths.get(length, length))
            for (name, length), count in seen.items()
            if name == stage
        )
        for stage, _ in seen
    }


def _watch(real: RealPipeline) -> Counter[tuple[str, int]]:
    """Count forward passes by stage and number of frames."""
    calls: Counter[tuple[str, int]] = Counter()
    pipeline = _made(real)
    for watched in real.watched:
        module: torch.nn.Module = attrgetter(watched.module)(pipeline)
        module.register_forward_pre_hook(_counting(watched, calls))
    pipeline.set_progress_bar_config(disable=True)
    arguments = {name: _drawn(value) for name, value in real.arguments.items()}
    with torch.no_grad():
        pipeline(num_frames=real.num_frames, output_type="np", **arguments)
    return calls


def _counting(
    watched: Watched, calls: Counter[tuple[str, int]]
) -> Callable[[torch.nn.Module, tuple[Any, ...]], None]:
    def note(_: torch.nn.Module, args: tuple[Any, ...]) -> None:
        # Latents are (batch, channels, frames, height, width).
        length = watched.frames(args[0].shape[2]) if watched.frames else NO_CLIP
        calls[watched.stage, length] += 1

    return note


def _made(real: RealPipeline) -> Any:
    """Make the pipeline, with stand-ins for its tokenizer and image processor."""
    parts = {name: make(recipe) for name, recipe in real.components.items()}
    stand_ins: dict[str, object] = {"tokenizer": _tokenizer}
    if "image_encoder" in parts:
        stand_ins["image_processor"] = _image_processor(parts["image_encoder"].config.image_size)
    return make(real.recipe, **parts, **stand_ins)


def _drawn(value: object) -> object:
    """An argument of the call, with a blank image for each `Picture`."""
    if isinstance(value, list):
        return [_drawn(each) for each in value]
    return Image.new("RGB", (value.side, value.side)) if isinstance(value, Picture) else value


def _tokenizer(texts: list[str], *, max_length: int, **_: object) -> SimpleNamespace:
    """Token ids of the maximum length, for any text."""
    shape = (len(texts), max_length)
    ids = torch.zeros(shape, dtype=torch.long)
    return SimpleNamespace(input_ids=ids, attention_mask=torch.ones_like(ids))


class _Pixels(dict[str, torch.Tensor]):
    """What an image processor returns."""

    def to(self, *_: object) -> "_Pixels":
        """Return itself; everything runs on the CPU."""
        return self


def _image_processor(side: int) -> Any:
    def process(*, images: Any, **_: object) -> _Pixels:
        count = len(images) if isinstance(images, list) else 1
        return _Pixels(pixel_values=torch.zeros(count, 3, side, side))

    return process
