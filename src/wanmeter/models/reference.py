"""What a family is verified with: its real models, as data, and the module that each row stands for.

No torch is needed to know; `wanmeter.verify` builds, runs and watches what is described here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from attrs import field, frozen

from wanmeter.models.settings import Settings


def _as_tuple(modules: str | tuple[str, ...]) -> tuple[str, ...]:
    return (modules,) if isinstance(modules, str) else modules


@frozen
class Counterpart:
    """What rows stand for: modules of the real model, together, or the work of a module itself.

    `own` leaves the submodules' FLOPs out: an attention core is no module, but what its module does
    beside its projections. `part` says that the modules do only part of the rows' work, FLOPs and
    parameters apart, and the module around them the rest: a norm's modulation.
    """

    modules: tuple[str, ...] = field(converter=_as_tuple)
    own: bool = False
    part: bool = False


Counterparts = Mapping[tuple[str, ...], Counterpart]
"""Rows, by path, that are added up, and what they stand for."""


def in_stage(stage: str, table: Mapping[str, Counterpart]) -> Counterparts:
    """A table whose rows are named within their stage: "" is the stage itself, and `a+b` two rows."""
    return {
        tuple(f"{stage}/{row}".removesuffix("/") for row in rows.split("+")): counterpart
        for rows, counterpart in table.items()
    }


def with_parts(row: str, module: str, parts: Mapping[str, str]) -> dict[str, Counterpart]:
    """A row and its module, and the parts of both."""
    below = {f"{row}/{part}": Counterpart(f"{module}.{name}") for part, name in parts.items()}
    return {row: Counterpart(module)} | below


def attention(row: str, module: str, parts: Mapping[str, str]) -> dict[str, Counterpart]:
    """An attention module: its core is what it does beside its parts."""
    return with_parts(row, module, parts) | {f"{row}/core": Counterpart(module, own=True)}


@frozen(kw_only=True)
class Recipe:
    """How an object of a library is made: its class, and the arguments of its constructor or config."""

    library: Literal["diffusers", "transformers"]
    class_name: str
    config: Mapping[str, object] = MappingProxyType({})


@frozen
class Input:
    """A tensor that a model is given: of numbers, or of integers."""

    shape: tuple[int, ...]
    integer: bool = False


@frozen(kw_only=True)
class RealModule:
    """The real model of one stage.

    `inputs(num_frames)` are the arguments of one pass on a clip of that length, by name, and `method`
    is what they are given to. `blocks` are lists of blocks that go by together (`blocks.*`), as a row
    does, and how many of each are run, the first ones. The others are loaded and idle, in a list
    beside theirs: those of `encoder.layers` in `encoder.idle_layers`.
    """

    recipe: Recipe
    inputs: Callable[[int], Mapping[str, Input]]
    method: Literal["forward", "encode", "decode"] = "forward"
    blocks: Mapping[str, int] = MappingProxyType({})


@frozen(kw_only=True)
class Picture:
    """A blank picture, which stands for a real one in the call of a pipeline; its side in pixels."""

    side: int


@frozen(kw_only=True)
class Watched:
    """A module of a pipeline each of whose calls is a pass of a stage.

    `module` is its path from the pipeline: `vae.quant_conv`. A VAE is watched where the latents of the
    whole clip come by at once: `frames` is the length of the clip by the number of latent frames.
    """

    module: str
    stage: str
    frames: Callable[[int], int] | None = None


@frozen(kw_only=True)
class RealPipeline:
    """A real pipeline of toy models, and a call of it, in which the passes of each stage are counted.

    The number of passes hangs on the task, the steps, the guidance and the reference images, not on
    widths or sizes. The toy clip of `num_frames` frames stands for the workload's own.
    """

    recipe: Recipe
    components: Mapping[str, Recipe]
    watched: tuple[Watched, ...]
    num_frames: int
    arguments: Mapping[str, object]
    """Those of the call, `num_frames` aside; pictures are `Picture`s, or lists of them."""


@frozen(kw_only=True)
class Pass:
    """Forward passes of one real model at one shape: `count` of them.

    `num_frames` is the length of the clip that a VAE is given; other models take the workload's shapes.
    """

    count: int
    num_frames: int


Schedule = Mapping[str, tuple[Pass, ...]]
"""The forward passes of each stage."""


@frozen(kw_only=True)
class Reference:
    """What the costs of a family are compared with."""

    counterparts: Callable[[Settings[Any], str], Counterparts]
    """The rows of a stage that stand for modules of the real model: all that compute or learn."""
    module: Callable[[Settings[Any], str], RealModule]
    """The real model of a stage."""
    pipeline: Callable[[Settings[Any]], RealPipeline]
    """The pipeline that shows how often each model runs."""
    schedule: Callable[[Settings[Any]], Schedule]
    """The forward passes that a cost counts."""
    why_not: Callable[[Settings[Any], str], str]
    """Why a stage cannot be measured; empty where it can."""
    is_whole: Callable[[Settings[Any], str], bool]
    """Whether a stage is costed with all the parts of the real model."""
    outside: frozenset[str]
    """Rows whose work the pipelines do, before or after the real model."""
