"""Columns that closed forms give: what costs and estimates have in common."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import compress
from typing import Any, Protocol, cast

from wanmeter.layers.interning import Interned
from wanmeter.sweeping.axes import Array
from wanmeter.sweeping.grids import Grid
from wanmeter.sweeping.regimes import SymbolRanges
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.compilation import Function, bounding, compiled, largest
from wanmeter.symbolic.expression import Whole
from wanmeter.symbolic.narrowing import narrowed
from wanmeter.symbolic.once import Once
from wanmeter.symbolic.regimes import SYMBOLS, Regime

recent = Interned(8)
"""Makes columns, and remembers those made before: another sweep of the same does not derive forms again."""

MAX_FORMS = 512
"""Most closed forms kept in some ranges of the symbols: more than a block has, if each batch size has its own."""

MAX_FUNCTIONS = 64
"""Most functions kept of each."""


class Evaluated(Protocol):
    """Columns that closed forms give, regime by regime."""

    @property
    def types(self) -> Mapping[str, type]:
        """The names of the columns, with the types of their values: int or float."""
        ...

    @property
    def about(self) -> Mapping[str, object]:
        """What the numbers are of and mean, besides the model and the workload."""
        ...

    @property
    def by_batch(self) -> bool:
        """Whether each batch size has a form of its own."""
        ...

    def columns(
        self, regime: Regime, batch_size: int, symbols: tuple[Array, ...], ranges: SymbolRanges
    ) -> Iterator[Array | Grid]:
        """The columns of rows of one regime, by the values of the symbols in them, which are in `ranges`.

        Symbols and columns have two axes, and a length of 1 along one on which they do not vary. What varies along
        both may not be evaluated yet.
        """
        ...


class Narrowed:
    """The expressions of a closed form where the symbols are in some ranges, compiled when they are needed.

    Values of the symbols have two axes, as in `Evaluated.columns`.
    """

    def __init__(
        self, expressions: Iterable[Whole], algebra: Algebra, ranges: SymbolRanges
    ) -> None:
        """Narrow the expressions."""
        self._expressions, self._algebra = narrowed(
            expressions, algebra, dict(zip(SYMBOLS, ranges, strict=True))
        )
        self._functions = Once[object, Function](MAX_FUNCTIONS)

    def bounds(self, symbols: tuple[Array, ...]) -> Iterator[Any]:
        """The bounds of each expression up to these values of the symbols: see `bounding`."""
        return self._bounding(largest, *[int(each.max(initial=0)) for each in symbols])

    def function(self, chosen: tuple[bool, ...], symbols: tuple[Array, ...]) -> Function:
        """The function of the `chosen` expressions, for symbols that vary along the axes as these do."""
        inner = frozenset(
            [name for name, each in zip(SYMBOLS, symbols, strict=True) if each.shape[1] > 1]
        )
        return self._functions(
            (chosen, inner),
            lambda: compiled(compress(self._expressions, chosen), self._algebra, inner=inner),
        )

    @cached_property
    def _bounding(self) -> Function:
        return bounding(self._expressions, self._algebra)


def with_two_axes(column: Any) -> Array | Grid:
    """A column, or an array of one number, with two axes."""
    return cast(Array | Grid, column if column.shape else column.reshape(1, 1))
