"""What a family is verified against: its real models, as data, and the module that each row stands for.

This module needs no torch; `wanmeter.verify` builds, runs and watches what is described here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, Literal

from attrs import field, frozen

from wanmeter.models.settings import M, Settings


def _as_tuple(modules: str | tuple[str, ...]) -> tuple[str, ...]:
    return (modules,) if isinstance(modules, str) else modules


@frozen
class Counterpart:
    """The modules of the real model that rows stand for, added up.

    `own` leaves out the FLOPs of submodules: an attention core is not a module, but what its module does
    besides the projections. `part` says that the modules have all of the rows' FLOPs and parameters, but
    do only part of the other work; the module around them does the rest, such as a norm's modulation.
    """

    modules: tuple[str, ...] = field(converter=_as_tuple)
    own: bool = False
    part: bool = False


Counterparts = Mapping[tuple[str, ...], Counterpart]
"""What rows stand for, by the paths of the rows, which are added up."""


def with_parts(row: str, module: str, parts: Mapping[str, str]) -> dict[str, Counterpart]:
    """A row and its module, with the parts of both."""
    below = {f"{row}/{part}": Counterpart(f"{module}.{name}") for part, name in parts.items()}
    return {row: Counterpart(module)} | below


def attention(row: str, module: str, parts: Mapping[str, str]) -> dict[str, Counterpart]:
    """An attention row and its parts; its core is the module's own work."""
    return with_parts(row, module, parts) | {f"{row}/core": Counterpart(module, own=True)}


@frozen(kw_only=True)
class Recipe:
    """How to build an object of a library: its class, and the arguments of its constructor or config."""

    library: Literal["diffusers", "transformers"]
    class_name: str
    config: Mapping[str, object] = MappingProxyType({})


@frozen
class Input:
    """An input tensor of a model, of floats or integers."""

    shape: tuple[int, ...]
    integer: bool = False


@frozen(kw_only=True)
class RealModule:
    """The real model of one stage.

    `inputs(num_frames)` are the keyword arguments of `method` for one pass on a clip of that length.
    `blocks` has the lists of blocks that are compared together (`blocks.*`), and how many of each run,
    counted from the first. The others are loaded but idle, in a list beside it: those of
    `encoder.layers` in `encoder.idle_layers`.
    """

    recipe: Recipe
    inputs: Callable[[int], Mapping[str, Input]]
    method: Literal["forward", "encode", "decode"] = "forward"
    blocks: Mapping[str, int] = MappingProxyType({})


@frozen(kw_only=True)
class Picture:
    """A blank square picture in the call of a pipeline; `side` is in pixels."""

    side: int


@frozen(kw_only=True)
class Watched:
    """A module of a pipeline. Each of its calls is one pass of a stage.

    `module` is its path in the pipeline, such as `vae.quant_conv`. A VAE is watched at a module that sees
    the latents of the whole clip; `frames` gives the clip's length from the number of latent frames.
    """

    module: str
    stage: str
    frames: Callable[[int], int] | None = None


@frozen(kw_only=True)
class RealPipeline:
    """A real pipeline of toy models, and a call of it, in which the passes of each stage are counted.

    The number of passes depends on the task, the steps, the guidance and the reference images, not on
    widths or sizes. The toy clip of `num_frames` frames stands for the workload's video.
    """

    recipe: Recipe
    components: Mapping[str, Recipe]
    watched: tuple[Watched, ...]
    num_frames: int
    arguments: Mapping[str, object]
    """Arguments of the call, except `num_frames`; pictures are `Picture`s, or lists of them."""


@frozen(kw_only=True)
class RealPasses:
    """`count` forward passes of one real model at one shape.

    `num_frames` is the length of a VAE's clip; other models take the workload's shapes.
    """

    count: int
    num_frames: int


@frozen(kw_only=True)
class RealStage(Generic[M]):
    """The real model of a stage, and what the stage's rows are compared with.

    Attributes:
        module: the real model.
        counterparts: what each row below the stage stands for, if it computes or has parameters; "" is the
            stage itself, and `a+b` adds two rows.
        passes: the forward passes that a cost counts.
        why_not: why the stage cannot be measured; empty if it can.
        is_whole: whether the cost covers all parts of the real model.
    """

    module: Callable[[Settings[M]], RealModule]
    counterparts: Callable[[Settings[M]], Mapping[str, Counterpart]]
    passes: Callable[[Settings[M]], tuple[RealPasses, ...]]
    why_not: Callable[[Settings[M]], str] = lambda _: ""
    is_whole: Callable[[Settings[M]], bool] = lambda _: True


@frozen(kw_only=True)
class Reference:
    """What the costs of a family are compared with."""

    stages: Mapping[str, RealStage[Any]]
    """The real model of each stage."""
    pipeline: Callable[[Settings[Any]], RealPipeline]
    """The pipeline that shows how often each model runs."""
    outside: frozenset[str]
    """Rows whose work the pipeline does, before or after the real model."""

    def counterparts(self, settings: Settings[Any], stage: str) -> Counterparts:
        """What the rows of a stage stand for, by their whole paths."""
        return {
            tuple(f"{stage}/{row}".removesuffix("/") for row in rows.split("+")): counterpart
            for rows, counterpart in self.stages[stage].counterparts(settings).items()
        }
