"""Exact expressions in non-negative whole numbers: what formulas give when they are evaluated on symbols.

An expression is a polynomial with integer coefficients. Its variables are symbols and two kinds of
whole numbers that no polynomial has: the floor of a quotient, and the largest of some. What formulas ask
of a count (is there any? which is larger?) is answered where it is so for every value that the symbols can
take; where it is not, nothing is guessed.
"""

from collections.abc import Iterable, Mapping
from itertools import chain, product
from math import prod
from typing import Union

from attrs import frozen

from wanmeter.arithmetic import Symbolic
from wanmeter.errors import ClosedFormError

Monomial = tuple[int, ...]
"""A product of variables, by their numbers in the algebra, ascending; a square has its number twice."""

Whole = Union[int, "Expression"]


@frozen
class Symbol:
    """A whole number that is `least` or more."""

    name: str
    least: int


@frozen
class Floor:
    """`dividend // divisor`; the dividend's coefficients are positive and below the divisor."""

    dividend: "Expression"
    divisor: int


@frozen
class Largest:
    """The largest of some expressions, none of which is never the largest."""

    options: tuple[Whole, ...]


Variable = Symbol | Floor | Largest


class Algebra:
    """The variables of some expressions. Those of different algebras do not mix."""

    def __init__(self) -> None:
        """There are none yet."""
        self.variables: list[Variable] = []
        self._numbers: dict[str, int] = {}

    def symbol(self, name: str, *, least: int) -> "Expression":
        """A new whole number that is `least` or more."""
        return self.variable(Symbol(name, least))

    def variable(self, variable: Variable) -> "Expression":
        """A variable as an expression; the same one, if it is known."""
        name = named(variable)
        if name not in self._numbers:
            self._numbers[name] = len(self.variables)
            self.variables.append(variable)
        return Expression(self, {(self._numbers[name],): 1})

    def least(self, number: int) -> int:
        """What a variable is at least."""
        variable = self.variables[number]
        if isinstance(variable, Symbol):
            return variable.least
        if isinstance(variable, Floor):
            return (at_least(variable.dividend) or 0) // variable.divisor
        return max(0, *(at_least(option) or 0 for option in variable.options))


class Expression(Symbolic):
    """A polynomial in the variables of an algebra. What is no longer symbolic is an int."""

    __slots__ = ("algebra", "terms")

    def __init__(self, algebra: Algebra, terms: Mapping[Monomial, int]) -> None:
        """Coefficients by monomial, none of them zero."""
        self.algebra = algebra
        self.terms = terms

    def _made(self, terms: dict[Monomial, int]) -> Whole:
        """An expression without its zeros, or an int."""
        kept = {monomial: count for monomial, count in terms.items() if count}
        if not kept:
            return 0
        return kept[()] if kept.keys() == {()} else Expression(self.algebra, kept)

    def __add__(self, other: Whole) -> Whole:
        """The sum."""
        terms = dict(self.terms)
        for monomial, count in _terms(other).items():
            terms[monomial] = terms.get(monomial, 0) + count
        return self._made(terms)

    __radd__ = __add__

    def __mul__(self, other: Whole) -> Whole:
        """The product."""
        if type(other) is int:
            return self._made({monomial: other * count for monomial, count in self.terms.items()})
        terms: dict[Monomial, int] = {}
        for (one, first), (two, second) in product(self.terms.items(), _terms(other).items()):
            monomial = tuple(sorted(one + two))
            terms[monomial] = terms.get(monomial, 0) + first * second
        return self._made(terms)

    __rmul__ = __mul__

    def __neg__(self) -> Whole:
        """The negative."""
        return self * -1

    def __sub__(self, other: Whole) -> Whole:
        """The difference."""
        return self + -other

    def __rsub__(self, other: Whole) -> Whole:
        """The difference, the other way round."""
        return -self + other

    def __floordiv__(self, divisor: int) -> Whole:
        """The quotient, rounded down."""
        quotient = {monomial: count // divisor for monomial, count in self.terms.items()}
        rest = self._made({monomial: count % divisor for monomial, count in self.terms.items()})
        # What is left of a constant is below the divisor: nothing.
        whole = self._made(quotient)
        if isinstance(rest, Expression):
            return whole + self.algebra.variable(Floor(rest, divisor))
        return whole

    def __mod__(self, divisor: int) -> Whole:
        """What division leaves."""
        return self - divisor * (self // divisor)

    def largest_of(self, values: Iterable[Whole]) -> Whole:
        """The largest of some values, of which this is one."""
        kept: list[Whole] = []
        for value in chain.from_iterable(map(_options, values)):
            if not any(_never_negative(other - value) for other in kept):
                kept = [other for other in kept if not _never_negative(value - other)]
                kept.append(value)
        if len(kept) == 1:
            return kept[0]
        return self.algebra.variable(Largest(tuple(sorted(kept, key=repr))))

    def __lt__(self, other: Whole) -> bool:
        """Whether it is less, whatever the symbols are."""
        return _decided(other - self - 1, f"{self} < {other}")

    def __le__(self, other: Whole) -> bool:
        """Whether it is not more, whatever the symbols are."""
        return _decided(other - self, f"{self} <= {other}")

    def __gt__(self, other: Whole) -> bool:
        """Whether it is more, whatever the symbols are."""
        return _decided(self - other - 1, f"{self} > {other}")

    def __ge__(self, other: Whole) -> bool:
        """Whether it is not less, whatever the symbols are."""
        return _decided(self - other, f"{self} >= {other}")

    def __bool__(self) -> bool:
        """Whether it is anything but zero, whatever the symbols are."""
        return self > 0

    def __eq__(self, other: object) -> bool:
        """Whether it is the same for all values of the symbols; for some only is not decided."""
        if not isinstance(other, int | Expression):
            return NotImplemented
        difference = self - other
        if type(difference) is int:
            return difference == 0
        if _never_negative(difference - 1) or _never_negative(-difference - 1):
            return False
        raise ClosedFormError(f"{self} == {other} for some workloads and not for others")

    def __hash__(self) -> int:
        """Of the terms."""
        return hash(frozenset(self.terms.items()))

    def __repr__(self) -> str:
        """The sum of its terms."""
        return " + ".join(
            "*".join([str(count), *(named(self.algebra.variables[i]) for i in monomial)])
            for monomial, count in sorted(self.terms.items())
        )


def at_least(value: Whole) -> int | None:
    """What an expression is at least, if that can be told from its terms; it may be more."""
    if type(value) is int:
        return value
    assert isinstance(value, Expression)
    terms = value.terms
    algebra = value.algebra
    if any(count < 0 for monomial, count in terms.items() if monomial):
        # In what each variable is beyond its least, negative terms may vanish.
        terms = _beyond_the_least(value)
        if any(count < 0 for monomial, count in terms.items() if monomial):
            return None
        return terms.get((), 0)
    return sum(
        count * prod(algebra.least(number) for number in monomial)
        for monomial, count in terms.items()
    )


def _never_negative(value: Whole) -> bool:
    least = at_least(value)
    return least is not None and least >= 0


def _beyond_the_least(expression: Expression) -> dict[Monomial, int]:
    """The terms in what each variable is beyond the least that it can be."""
    terms: dict[Monomial, int] = {}
    for monomial, count in expression.terms.items():
        for chosen in product((True, False), repeat=len(monomial)):
            pairs = list(zip(monomial, chosen, strict=True))
            rest = tuple(number for number, beyond in pairs if beyond)
            least = prod(expression.algebra.least(number) for number, beyond in pairs if not beyond)
            terms[rest] = terms.get(rest, 0) + count * least
    return terms


def _decided(margin: Whole, question: str) -> bool:
    """Whether a margin is never negative; or else always."""
    if _never_negative(margin):
        return True
    if _never_negative(-margin - 1):
        return False
    raise ClosedFormError(f"{question} for some workloads and not for others")


def _options(value: Whole) -> tuple[Whole, ...]:
    """The values that one which is the largest of some, and maybe more, can be."""
    for monomial, count in _terms(value).items():
        variable = value.algebra.variables[monomial[0]] if len(monomial) == 1 else None  # type: ignore[union-attr]
        if isinstance(variable, Largest) and count == 1:
            rest = value - value.algebra.variable(variable)  # type: ignore[union-attr]
            return tuple(option + rest for option in variable.options)
    return (value,)


def _terms(value: Whole) -> Mapping[Monomial, int]:
    if isinstance(value, Expression):
        return value.terms
    return {(): value} if value else {}


def named(variable: Variable) -> str:
    """A variable in words of its own, by which it is told from others."""
    if isinstance(variable, Symbol):
        return variable.name
    if isinstance(variable, Floor):
        return f"(({variable.dividend}) // {variable.divisor})"
    return f"max({', '.join(map(str, variable.options))})"
