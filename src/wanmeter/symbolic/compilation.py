"""Expressions compiled to a Python function of ints or numpy arrays."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.expression import Whole, terms_of
from wanmeter.symbolic.polynomial import Floor, Largest, Monomial, Polynomial, Symbol, Variable
from wanmeter.symbolic.regimes import SYMBOLS

Function = Callable[..., Iterator[Any]]
"""Takes a function for the maximum, then the symbols, and for grids `crossed`; yields the expressions' values."""


def compiled(
    expressions: Iterable[Whole], algebra: Algebra, *, inner: frozenset[str] = frozenset()
) -> Function:
    """A function that evaluates expressions in their order; shared products are computed once.

    `inner` are the symbols whose values vary along a grid's last axis, while those of the others vary along the
    axis before. Terms that lie along one axis are added up there. What fills the whole grid is left to `crossed`,
    which takes a tuple of columns, then pairs of them, and adds up the columns and the pairs' products.
    """
    writer = _Writer(algebra, inner=inner)
    results = [writer.sum(terms_of(expression)) for expression in expressions]
    return _function([*writer.lines, *[f"yield {result}" for result in results]])


def bounding(expressions: Iterable[Whole], algebra: Algebra) -> Function:
    """A function that yields two bounds for each expression, from the largest values of the symbols.

    The first is one of the expression and of all values on the way to it, the second one of the dividends and
    maxima among these. Coefficients are replaced by their absolute values. All values on the way count: a factor of
    0 would hide them.
    """
    lines: list[str] = []
    for expression in expressions:
        writer = _Writer(algebra, abs)
        result = writer.sum(terms_of(expression))
        lines += writer.lines
        every, exact = [
            ", ".join(["0", *names]) for names in ([result, *writer.defined], writer.exact)
        ]
        lines.append(f"yield largest({every}), largest({exact})")
    return _function(lines)


def largest(*values: int) -> int:
    """The largest of some ints."""
    return max(values)


def _function(lines: Iterable[str]) -> Function:
    source = "\n    ".join([f"def evaluate(largest, {', '.join(SYMBOLS)}, crossed=None):", *lines])
    namespace: dict[str, Any] = {}
    # Safe to execute: the source holds only the names above and integers.
    exec(compile(source, "<closed form>", "exec"), {"__builtins__": {}}, namespace)
    function: Function = namespace["evaluate"]
    return function


class _Writer:
    """Writes one line for each distinct product, floor and maximum."""

    def __init__(
        self,
        algebra: Algebra,
        coefficient: Callable[[int], int] = int,
        *,
        inner: frozenset[str] = frozenset(),
    ) -> None:
        self.algebra = algebra
        self.coefficient = coefficient
        self.inner = inner
        self.lines: list[str] = []
        self.exact: list[str] = []
        self._names: dict[object, str] = {}

    @property
    def defined(self) -> list[str]:
        """The names of all lines."""
        return list(self._names.values())

    def sum(self, terms: Polynomial) -> str:
        """A polynomial as Python source: terms along one axis, then products of sums along each."""
        outer: dict[Monomial, int] = {}
        inner: dict[Monomial, int] = {}
        mixed: dict[tuple[Monomial, Monomial], int] = {}
        for monomial, count in terms.items():
            along = tuple([number for number in monomial if self._is_inner(number)])
            across = tuple([number for number in monomial if not self._is_inner(number)])
            if not along:
                outer[monomial] = count
            elif not across:
                inner[monomial] = count
            else:
                mixed[across, along] = count
        if inner and outer.keys() == {()}:  # a constant costs nothing along an axis
            inner, outer = outer | inner, {}
        columns = [self._flat(each) for each in (outer, inner) if each]
        products = [(self._flat(rest), self._product(by)) for by, rest in _grouped(mixed)]
        if not products and len(columns) < 2:
            return columns[0] if columns else "0"
        if not products:
            products = [(columns.pop(), "1")]
        pairs = [f"({one}, {other})" for one, other in products]
        return f"crossed(({', '.join([*columns, ''])}), {', '.join(pairs)})"

    def _flat(self, terms: Polynomial) -> str:
        return " + ".join(
            [self._term(monomial, self.coefficient(count)) for monomial, count in terms.items()]
        )

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
                dividend = self._define(("dividend", number), self.sum(variable.dividend))
                self.exact.append(dividend)
                self._define(number, f"{dividend} // {variable.divisor}")
            elif isinstance(variable, Largest):
                # Those along one axis come first: only what is left of them fills the grid.
                options = sorted(variable.options, key=self._axes)
                self.exact.append(
                    self._define(number, f"largest({', '.join(map(self.sum, options))})")
                )
            else:
                return variable.name
        return self._names[number]

    def _define(self, what: object, source: str) -> str:
        self._names[what] = name = f"value_{len(self._names)}"
        self.lines.append(f"{name} = {source}")
        return name

    def _is_inner(self, number: int) -> bool:
        """Whether a variable's values vary along the last axis, and perhaps along both."""
        return bool(self.inner) and any(name in self.inner for name in self._symbols(number))

    def _axes(self, terms: Polynomial) -> tuple[bool, bool]:
        """Whether a polynomial's values vary along the last axis, and along the one before."""
        names = {
            name for monomial in terms for number in monomial for name in self._symbols(number)
        }
        return bool(names & self.inner), bool(names - self.inner)

    def _symbols(self, number: int) -> Iterator[str]:
        """The names of the symbols in a variable."""
        variable = self.algebra.variables[number]
        if isinstance(variable, Symbol):
            yield variable.name
        for terms in _polynomials(variable):
            for each in {number for monomial in terms for number in monomial}:
                yield from self._symbols(each)


def _polynomials(variable: Variable) -> tuple[Polynomial, ...]:
    """The polynomials of which a variable is made."""
    if isinstance(variable, Floor):
        return (variable.dividend,)
    return variable.options if isinstance(variable, Largest) else ()


def _grouped(
    mixed: Mapping[tuple[Monomial, Monomial], int],
) -> Iterator[tuple[Monomial, Polynomial]]:
    """Products of two monomials by that of one axis, whichever has fewer: with the sum along the other."""
    sides = [{pair[axis] for pair in mixed} for axis in (0, 1)]
    axis = len(sides[1]) < len(sides[0])
    for by in sorted(sides[axis]):
        yield by, {pair[not axis]: count for pair, count in mixed.items() if pair[axis] == by}
