"""The symbols of a workload, and the regimes in which a cost is one expression of them."""

from collections.abc import Iterator
from typing import Any

from attrs import evolve, field, frozen

from wanmeter.closed_form.expression import Algebra
from wanmeter.closed_form.terms import Whole
from wanmeter.errors import InvalidValueError
from wanmeter.validation import boolean, is_int
from wanmeter.wan.geometry import PATCH_SIZE, VAE_STRIDE, LatentGrid
from wanmeter.wan.workload import Workload

EQUAL_CHUNKS_FROM = 3
"""Latent frames from which on the VAE's chunks repeat: its first two are like no others."""


def _latent_frames(_: object, __: object, value: Any) -> None:
    if value is not None and not (is_int(value) and 0 < value < EQUAL_CHUNKS_FROM):
        raise InvalidValueError("Regime.latent_frames", value, "1, 2, or None for 3 or more")


@frozen
class Regime:
    """What is not a symbol: it decides which work there is, not how much.

    `latent_frames` is 1 or 2, or `None` where it is a symbol that is 3 or more. With `references` the
    number of reference images is a symbol that is 1 or more; without, there are none.
    """

    guidance: bool = field(validator=boolean)
    latent_frames: int | None = field(validator=_latent_frames)
    references: bool = field(validator=boolean)

    @classmethod
    def of(cls, workload: Workload) -> "Regime":
        """The regime of a workload."""
        frames = LatentGrid.of(workload).frames
        return cls(
            guidance=workload.guidance,
            latent_frames=frames if frames < EQUAL_CHUNKS_FROM else None,
            references=workload.num_reference_images > 0,
        )

    def examples(self, workload: Workload) -> Iterator[Workload]:
        """Some workloads of the regime, near `workload` and far from it."""
        for scale, frames in ((1, 3), (2, 4), (5, 21), (9, 22), (1, 40)):
            yield evolve(
                workload,
                batch_size=scale,
                num_frames=4 * (self.latent_frames or frames) - 3,
                height=80 * scale,
                width=48 * scale + 16,
                num_inference_steps=3 * scale,
                guidance=self.guidance,
                text_len=17 * scale,
                num_reference_images=1 if self.references else 0,
            )

    def __str__(self) -> str:
        """Where it holds, in words."""
        frames = self.latent_frames or f"{EQUAL_CHUNKS_FROM} or more"
        guidance = "with" if self.guidance else "without"
        references = "1 or more" if self.references else "no"
        return f"latent frames: {frames}; {guidance} guidance; {references} reference images"


@frozen(kw_only=True)
class SymbolicWorkload:
    """A workload of symbols: what formulas ask of a `Workload`, it answers.

    `rows` and `columns` are those of the grid of tokens, so that every side is what a model takes.
    """

    batch_size: Whole
    latent_frames: Whole
    rows: Whole
    columns: Whole
    num_inference_steps: Whole
    text_len: Whole
    num_reference_images: Whole
    prompts: int

    @classmethod
    def of(cls, regime: Regime, algebra: Algebra) -> "SymbolicWorkload":
        """The symbols of a regime, in the order of `values`."""
        batch = algebra.symbol("batch", least=1)
        frames = algebra.symbol("latent_frames", least=EQUAL_CHUNKS_FROM)
        rows, columns = algebra.symbol("rows", least=1), algebra.symbol("columns", least=1)
        steps, text = algebra.symbol("steps", least=1), algebra.symbol("text_tokens", least=1)
        references = algebra.symbol("reference_images", least=1)
        return cls(
            batch_size=batch,
            latent_frames=regime.latent_frames or frames,
            rows=rows,
            columns=columns,
            num_inference_steps=steps,
            text_len=text,
            num_reference_images=references if regime.references else 0,
            prompts=2 if regime.guidance else 1,
        )

    @property
    def num_frames(self) -> Whole:
        """Frames of the video."""
        return VAE_STRIDE[0] * (self.latent_frames - 1) + 1

    @property
    def height(self) -> Whole:
        """Rows of pixels."""
        return VAE_STRIDE[1] * PATCH_SIZE[1] * self.rows

    @property
    def width(self) -> Whole:
        """Columns of pixels."""
        return VAE_STRIDE[2] * PATCH_SIZE[2] * self.columns

    @property
    def forward_passes(self) -> Whole:
        """Passes through the transformer."""
        return self.num_inference_steps * self.prompts


SYMBOLS = ("batch", "latent_frames", "rows", "columns", "steps", "text_tokens", "reference_images")
"""The names of the symbols, in the order of `values`."""


def values(workload: Workload) -> tuple[int, ...]:
    """What the symbols are in a workload."""
    grid = LatentGrid.of(workload)
    _, rows, columns = grid.patches
    return (
        workload.batch_size,
        grid.frames,
        rows,
        columns,
        workload.num_inference_steps,
        workload.text_len,
        workload.num_reference_images,
    )
