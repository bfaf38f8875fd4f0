"""`Row`: a published number beside its prediction, and how far they are apart."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from attrs import field, frozen
from attrs.validators import optional

from wanmeter.errors import InvalidValueError
from wanmeter.validators import (
    as_float,
    as_tuple,
    bounded_int,
    positive_number,
    text,
    tuple_of_names,
)


@frozen(kw_only=True)
class Prediction:
    """What is predicted of a run, in a band.

    Of memory: the most GiB that PyTorch allocates on the GPU with the most, with all overrides. The band holds
    it whatever the convolutions' workspace was. `phase` is the one that peaks.
    Of time: the seconds, and a band that holds them with a probability of 80 %. `phase` takes most of them.
    """

    predicted: float = field(converter=as_float, validator=positive_number)
    low: float = field(converter=as_float, validator=positive_number)
    high: float = field(converter=as_float, validator=positive_number)
    phase: str = field(validator=text)


Predict = Callable[[Sequence[str]], Prediction | None]
"""Predicts a run from its overrides; `None` where its model is not covered."""


@frozen(kw_only=True)
class Row:
    """A published number and its prediction, in one unit.

    Width and height are as published; `overrides` give the prediction. Where nothing covers the run,
    `predicted`, `low`, `high` and `phase` are `None`.
    """

    SECTION: ClassVar[str] = "row"

    id: str = field(validator=text)
    model: str = field(validator=text)
    task: str = field(validator=text)
    gpu: str = field(validator=text)
    n_gpus: int = field(validator=bounded_int)
    width: int = field(validator=bounded_int)
    height: int = field(validator=bounded_int)
    num_frames: int = field(validator=bounded_int)
    overrides: tuple[str, ...] = field(converter=as_tuple, validator=tuple_of_names)
    source: str = field(validator=text)
    published: float = field(converter=as_float, validator=positive_number)
    predicted: float | None = field(converter=as_float, validator=optional(positive_number))
    low: float | None = field(converter=as_float, validator=optional(positive_number))
    high: float | None = field(converter=as_float, validator=optional(positive_number))
    phase: str | None = field(validator=optional(text))

    def __attrs_post_init__(self) -> None:
        """Refuse half a prediction, and a band that ends before it begins."""
        prediction = {name: getattr(self, name) for name in ("predicted", "low", "high", "phase")}
        lacking = [name for name, value in prediction.items() if value is None]
        if 0 < len(lacking) < len(prediction):
            allowed = f"a value, or null for {', '.join(prediction)} alike"
            raise InvalidValueError(f"row.{lacking[0]}", None, allowed)
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InvalidValueError("row.low", self.low, f"at most high, {self.high}")

    @property
    def device(self) -> str:
        """The device of its prediction, by name."""
        named = [text.partition("=")[2] for text in self.overrides if text.startswith("device=")]
        return named[0] if named else self.gpu

    @property
    def covered(self) -> bool:
        """Whether there is a prediction."""
        return self.predicted is not None

    @property
    def blind(self) -> bool:
        """Whether the workspace changes nothing: the band has no width, and no choice went into it."""
        return self.covered and self.low == self.high

    @property
    def error(self) -> float | None:
        """The relative error (predicted - published) / published; `None` without a prediction."""
        return None if self.predicted is None else self._relative(self.predicted)

    @property
    def band_error(self) -> float | None:
        """The relative error of the number in [low, high] that is nearest to the published one.

        Zero if the published one is within; above zero if even `low` is too much.
        """
        if self.low is None or self.high is None:
            return None
        return self._relative(min(max(self.published, self.low), self.high))

    def _relative(self, number: float) -> float:
        return (number - self.published) / self.published
