"""Expressions compiled to a Python function of ints or numpy arrays."""

from collections.abc import Callable, Iterable
from typing import Any

from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.expression import Whole, terms_of
from wanmeter.symbolic.polynomial import Floor, Largest, Monomial, Polynomial
from wanmeter.symbolic.regimes import SYMBOLS

Function = Callable[..., tuple[Any, ...]]
"""Takes a function for the maximum, then the symbols; returns the expressions' values."""


def compiled(expressions: Iterable[Whole], algebra: Algebra, *, bounding: bool = False) -> Function:
    """A function that evaluates expressions in their order; shared products are computed once.

    With `bounding`, coefficients are replaced by their absolute values, and the values of all products,
    quotients and maxima follow those of the expressions: a factor of 0 would hide them. No intermediate
    result, with or without `bounding`, is larger than the largest value returned: an evaluation overflows
    64 bits only if that value does.
    """
    writer = _Writer(algebra, abs if bounding else int)
    results = [writer.sum(terms_of(expression)) for expression in expressions]
    if bounding:
        results += writer.defined
    source = "\n".join(
        [
            f"def evaluate(largest, {', '.join(SYMBOLS)}):",
            *(f"    {line}" for line in writer.lines),
            f"    return ({''.join(f'{result}, ' for result in results)})",
        ]
    )
    namespace: dict[str, Any] = {}
    # Safe to execute: the source holds only the names above and integers.
    exec(compile(source, "<closed form>", "exec"), {"__builtins__": {}}, namespace)
    function: Function = namespace["evaluate"]
    return function


def largest(*values: int) -> int:
    """The largest of some ints."""
    return max(values)


class _Writer:
    """Writes one line for each distinct product, floor and maximum."""

    def __init__(self, algebra: Algebra, coefficient: Callable[[int], int]) -> None:
        self.algebra = algebra
        self.coefficient = coefficient
        self.lines: list[str] = []
        self._names: dict[object, str] = {}

    @property
    def defined(self) -> list[str]:
        """The names of all lines."""
        return list(self._names.values())

    def sum(self, terms: Polynomial) -> str:
        """A polynomial as Python source."""
        products = (
            self._term(monomial, self.coefficient(count)) for monomial, count in terms.items()
        )
        return " + ".join(products) or "0"

    def _term(self, monomial: Monomial, count: int) -> str:
        if not monomial:
            return str(count)
        return f"{count} * {self._product(monomial)}"

    def _product(self, monomial: Monomial) -> str:
        if len(monomial) == 1:
            return self._variable(monomial[0])
        if monomial not in self._names:
            *first, last = monomial
            self._define(monomial, f"{self._product(tuple(first))} * {self._variable(last)}")
        return self._names[monomial]

    def _variable(self, number: int) -> str:
        variable = self.algebra.variables[number]
        if number not in self._names:
            if isinstance(variable, Floor):
                self._define(("dividend", number), self.sum(variable.dividend))
                self._define(number, f"{self._names['dividend', number]} // {variable.divisor}")
            elif isinstance(variable, Largest):
                options = ", ".join(map(self.sum, variable.options))
                self._define(number, f"largest({options})")
            else:
                return variable.name
        return self._names[number]

    def _define(self, what: object, source: str) -> None:
        self._names[what] = name = f"value_{len(self._names)}"
        self.lines.append(f"{name} = {source}")
