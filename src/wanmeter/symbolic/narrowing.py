"""Expressions where more is known of the symbols: there they have fewer variables, and maxima fewer options."""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

from wanmeter.arithmetic import peak
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.expression import Expression, Whole, terms_of
from wanmeter.symbolic.polynomial import Floor, Polynomial, Symbol

Ranges = Mapping[str, tuple[int, int | None]]
"""The least and the largest values of symbols, by name; `None` if no largest is known."""


def narrowed(
    expressions: Iterable[Whole], algebra: Algebra, ranges: Ranges
) -> tuple[list[Whole], Algebra]:
    """The same expressions for values of the symbols within `ranges`, in an algebra of their own."""
    narrow = _Narrowing(algebra, ranges)
    return [narrow.sum(terms_of(each)) for each in expressions], narrow.algebra


class _Narrowing:
    """Evaluates polynomials on symbols of which more is known."""

    def __init__(self, algebra: Algebra, ranges: Ranges) -> None:
        self.algebra = Algebra()
        self._variables = algebra.variables
        self._ranges = ranges
        self._found: dict[int, Whole] = {}

    def sum(self, terms: Polynomial) -> Any:
        return sum(count * prod(map(self._variable, monomial)) for monomial, count in terms.items())

    def _variable(self, number: int) -> Any:
        if number not in self._found:
            self._found[number] = self._narrowed(number)
        return self._found[number]

    def _narrowed(self, number: int) -> Any:
        variable = self._variables[number]
        if isinstance(variable, Floor):
            return self.sum(variable.dividend) // variable.divisor
        if not isinstance(variable, Symbol):
            return peak(*map(self.sum, variable.options))
        least, most = self._ranges[variable.name]
        # A range may be of other regimes too, in which the symbol is smaller.
        least = max(least, variable.least)
        most = None if most is None else max(most, variable.least)
        if least == most:
            return least
        return Expression.of(self.algebra, Symbol(variable.name, least, most))
