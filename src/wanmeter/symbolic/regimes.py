"""The symbols of a workload, and the regimes in which a cost is one expression in them."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, cast

from attrs import evolve, field, frozen
from attrs.validators import optional

from wanmeter.errors import InvalidValueError
from wanmeter.models import Workload
from wanmeter.models.components.vae import EQUAL_CHUNKS_FROM
from wanmeter.models.geometry import Geometry, LatentGrid
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.expression import Expression
from wanmeter.symbolic.polynomial import Symbol
from wanmeter.validators import boolean, is_int, one_of


@frozen
class WorkloadSymbol:
    """A symbol of closed forms: its least value, and its value in a workload with a latent grid."""

    least: int
    value: Callable[[Workload, LatentGrid], int]


SYMBOLS: Mapping[str, WorkloadSymbol] = MappingProxyType(
    {
        "batch": WorkloadSymbol(1, lambda workload, _: workload.batch_size),
        "latent_frames": WorkloadSymbol(EQUAL_CHUNKS_FROM, lambda _, grid: grid.frames),
        "rows": WorkloadSymbol(1, lambda _, grid: grid.patches[1]),
        "columns": WorkloadSymbol(1, lambda _, grid: grid.patches[2]),
        "steps": WorkloadSymbol(1, lambda workload, _: workload.num_inference_steps),
        "text_tokens": WorkloadSymbol(1, lambda workload, _: workload.text_len),
        "reference_images": WorkloadSymbol(1, lambda workload, _: workload.num_reference_images),
        "high_noise_steps": WorkloadSymbol(1, lambda workload, _: _high_noise(workload)),
        "low_noise_steps": WorkloadSymbol(
            1, lambda workload, _: workload.num_inference_steps - _high_noise(workload)
        ),
        "passes_per_step": WorkloadSymbol(1, lambda workload, _: 1 + workload.guidance),
    }
)
"""The symbols by name, in the order of `values`."""

Experts = Literal["both", "first", "second"]
"""The experts that take any steps."""


def _high_noise(workload: Workload) -> int:
    return 0 if workload.high_noise_steps is None else workload.high_noise_steps


def _experts(workload: Workload) -> Experts | None:
    """The experts that take any steps of a scheduled workload."""
    if workload.high_noise_steps is None:
        return None
    if workload.high_noise_steps == workload.num_inference_steps:
        return "first"
    return "both" if workload.high_noise_steps else "second"


def _latent_frames(_: object, __: object, value: Any) -> None:
    if value is not None and not (is_int(value) and 0 < value < EQUAL_CHUNKS_FROM):
        raise InvalidValueError("Regime.latent_frames", value, "1, 2, or None for 3 or more")


@frozen
class Regime:
    """The settings that decide which work there is, not how much. They are not symbols.

    `guidance` is the workload's, or `None` if the passes of a step are a symbol. `latent_frames` is 1, 2, or `None` if it is a symbol >= 3. With `references` the number of reference
    images is a symbol >= 1; without, there are none. `experts` are those that take any steps, if the model
    has two; the steps of each are symbols if both do. `image` is the workload's.
    """

    guidance: bool | None = field(validator=optional(boolean))
    latent_frames: int | None = field(validator=_latent_frames)
    references: bool = field(validator=boolean)
    experts: Experts | None = field(
        default=None, validator=optional(one_of(["both", "first", "second"]))
    )
    image: bool = field(default=False, validator=boolean)

    @classmethod
    def of(cls, workload: Workload, geometry: Geometry) -> "Regime":
        """The regime of a workload, which is as `Run.scheduled` returns it.

        Assumes that each latent frame is one chunk of the VAE.
        """
        frames = geometry.grid(workload).frames
        return cls(
            guidance=workload.guidance,
            latent_frames=frames if frames < EQUAL_CHUNKS_FROM else None,
            references=workload.num_reference_images > 0,
            experts=_experts(workload),
            image=workload.image,
        )

    def examples(self, workload: Workload, geometry: Geometry) -> Iterator[Workload]:
        """Some workloads of the regime, from small to large."""
        for scale, frames in ((1, 3), (2, 4), (5, 21), (9, 22), (1, 40)):
            latent_frames = self.latent_frames or frames
            num_frames, height, width = geometry.video(latent_frames, 5 * scale, 3 * scale + 1)
            high = {None: None, "both": scale, "first": 3 * scale, "second": 0}[self.experts]
            yield evolve(
                workload,
                batch_size=scale,
                num_frames=num_frames,
                height=height,
                width=width,
                num_inference_steps=3 * scale,
                guidance=bool(self.guidance),
                text_len=17 * scale,
                num_reference_images=1 if self.references else 0,
                high_noise_steps=high,
                image=self.image,
            )

    def workload(self, algebra: Algebra, geometry: Geometry) -> Workload:
        """The workload of the regime in symbols. Its size follows from the token grid, so it is always valid."""
        symbols = (
            Expression.of(algebra, Symbol(name, each.least)) for name, each in SYMBOLS.items()
        )
        batch, frames, rows, columns, steps, text, references, *both, passes = cast(
            Iterator[Any], symbols
        )
        high = {None: None, "both": both[0], "first": steps, "second": 0}[self.experts]
        num_frames, height, width = geometry.video(self.latent_frames or frames, rows, columns)
        return Workload(
            batch_size=batch,
            num_frames=num_frames,
            height=height,
            width=width,
            num_inference_steps=sum(both) if self.experts == "both" else steps,
            guidance=passes - 1 if self.guidance is None else self.guidance,
            text_len=text,
            num_reference_images=references if self.references else 0,
            high_noise_steps=high,
            image=self.image,
        )

    def __str__(self) -> str:
        """The regime in words."""
        frames = self.latent_frames or f"{EQUAL_CHUNKS_FROM} or more"
        guidance = {True: "with", False: "without", None: "with or without"}[self.guidance]
        references = "1 or more" if self.references else "no"
        told = [
            f"latent frames: {frames}",
            f"{guidance} guidance",
            f"{references} reference images",
        ]
        if self.experts:
            told.append("both experts" if self.experts == "both" else f"the {self.experts} expert")
        if self.image:
            told.append("from an image")
        return "; ".join(told)


def values(workload: Workload, geometry: Geometry) -> tuple[int, ...]:
    """The values of the symbols in a workload, or in columns of workloads."""
    grid = geometry.grid(workload)
    return tuple(each.value(workload, grid) for each in SYMBOLS.values())
