"""Exact integer expressions, which formulas return when they are evaluated on symbols.

An expression is a polynomial with integer coefficients. Its variables are symbols, floors of quotients,
and maxima. A comparison is answered if the answer is the same for all values of the symbols; otherwise
it raises ClosedFormError.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Union

from wanmeter.arithmetic import Symbolic
from wanmeter.errors import ClosedFormError
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.polynomial import (
    Floor,
    Largest,
    Polynomial,
    Variable,
    constant,
    divided,
    plus,
    quotient,
    scaled,
    times,
)

Whole = Union[int, "Expression"]
"""An int, or an expression for one."""

MAX_OPTIONS = 100
"""Most options of a maximum. Packaged layers have up to about fifty, at odd element sizes."""


class Expression(Symbolic):
    """A polynomial in the variables of an algebra. Constant results are ints instead.

    It combines with plain ints and expressions of the same algebra only: layers hold nothing else. It has no hash and no `str`.
    """

    __slots__ = ("algebra", "terms")
    __array_ufunc__ = None  # numpy's numbers do not combine with it either
    __hash__ = None  # type: ignore[assignment] # whether two are equal depends on the workload

    def __init__(self, algebra: Algebra, terms: Polynomial) -> None:
        """Bind a polynomial that is not constant; `whole` takes any."""
        self.algebra = algebra
        self.terms = terms

    @classmethod
    def of(cls, algebra: Algebra, variable: Variable) -> "Expression":
        """A variable as an expression. The algebra adds the variable if it is new."""
        return cls(algebra, {(algebra.number(variable),): 1})

    def __add__(self, other: Whole) -> Whole:
        if not self._mixes(other):
            return NotImplemented
        if type(other) is int and not other:
            return self
        return whole(self.algebra, plus(self.terms, terms_of(other)))

    __radd__ = __add__

    def __mul__(self, other: Whole) -> Whole:
        if not self._mixes(other):
            return NotImplemented
        if isinstance(other, int):
            return Expression(self.algebra, scaled(self.terms, other)) if other else 0
        return whole(self.algebra, times(self.terms, other.terms))

    __rmul__ = __mul__

    def __neg__(self) -> Whole:
        return self * -1

    def __sub__(self, other: Whole) -> Whole:
        return self + -other if self._mixes(other) else NotImplemented

    def __rsub__(self, other: Whole) -> Whole:
        return -self + other if self._mixes(other) else NotImplemented

    def __floordiv__(self, divisor: Whole) -> Whole:
        if isinstance(divisor, Expression):
            return self._exactly_over(divisor)
        if type(divisor) is not int or divisor == 0:
            return NotImplemented
        if divisor < 0:
            return -self // -divisor
        quotients, rest = divided(self.terms, divisor)
        if rest and all([count <= 0 for count in self.terms.values()]):
            # Rounding up, as one quotient: what is known of it stays known in products.
            return -((-self + (divisor - 1)) // divisor)
        exact = whole(self.algebra, quotients)
        # A constant remainder is below the divisor, so its quotient is 0.
        if rest.keys() <= {()}:
            return exact
        return exact + Expression.of(self.algebra, Floor(rest, divisor))

    def __mod__(self, divisor: Whole) -> Whole:
        if not self._mixes(divisor):
            return NotImplemented
        return self - divisor * (self // divisor)

    def _exactly_over(self, divisor: "Expression") -> Whole:
        """The quotient by a product of positive symbols that divides every term, such as dim // num_heads."""
        if self._mixes(divisor) and self._never_negative(divisor - 1):
            found = quotient(self.terms, divisor.terms)
            if found is not None:
                return whole(self.algebra, found)
        raise ClosedFormError(f"{self!r} is divided by {divisor!r}, which may leave a remainder")

    def largest_of(self, values: Iterable[Whole]) -> Whole:
        """The largest of `values`; this is one of them."""
        kept: list[Whole] = []
        for value in chain.from_iterable(map(_options, values)):
            if not any(self._never_negative(other - value) for other in kept):
                kept = [other for other in kept if not self._never_negative(value - other)]
                kept.append(value)
        if len(kept) == 1:
            return kept[0]
        if len(kept) > MAX_OPTIONS:
            raise ClosedFormError(f"more than {MAX_OPTIONS} values could be the largest")
        options = sorted(map(terms_of, kept), key=self.algebra.written)
        return Expression.of(self.algebra, Largest(tuple(options)))

    def __lt__(self, other: Whole) -> bool:
        return self._decided(other - self - 1, "<", other)

    def __le__(self, other: Whole) -> bool:
        return self._decided(other - self, "<=", other)

    def __gt__(self, other: Whole) -> bool:
        return self._decided(self - other - 1, ">", other)

    def __ge__(self, other: Whole) -> bool:
        return self._decided(self - other, ">=", other)

    def __bool__(self) -> bool:
        return self != 0

    def __eq__(self, other: object) -> bool:
        if not self._mixes(other):
            raise ClosedFormError(f"{self!r} is compared with {other!r}")
        difference = self - other  # type: ignore[operator]
        if isinstance(difference, int):
            return difference == 0
        if self._never_negative(difference - 1) or self._never_negative(-difference - 1):
            return False
        raise ClosedFormError(f"{self!r} == {other!r} for some workloads and not for others")

    def __str__(self) -> str:
        """Refused: the text would depend on the workload."""
        raise ClosedFormError(f"{self!r} is made a text")

    def __format__(self, _: str) -> str:
        return str(self)

    def __repr__(self) -> str:
        return self.algebra.written(self.terms)

    def _never_negative(self, value: Whole) -> bool:
        return self.algebra.bounds.never_negative(terms_of(value))

    def _decided(self, margin: Whole, relation: str, other: Whole) -> bool:
        """Whether the margin of a comparison is never negative; an error if that depends on the workload."""
        if self._never_negative(margin):
            return True
        if self._never_negative(-margin - 1):
            return False
        question = f"{self!r} {relation} {other!r}"
        raise ClosedFormError(f"{question} for some workloads and not for others")

    def _mixes(self, other: object) -> bool:
        if isinstance(other, Expression):
            return other.algebra is self.algebra
        return type(other) is int


def whole(algebra: Algebra, terms: Polynomial) -> Whole:
    """A polynomial as an int if it is a constant, otherwise as an expression."""
    constant_only = not terms or (len(terms) == 1 and () in terms)
    return terms.get((), 0) if constant_only else Expression(algebra, terms)


def terms_of(value: Whole) -> Polynomial:
    """An int or an expression as a polynomial."""
    return value.terms if isinstance(value, Expression) else constant(value)


def _options(value: Whole) -> tuple[Whole, ...]:
    """The values that an expression can take, if it is a maximum or a sum with one."""
    if not isinstance(value, Expression):
        return (value,)
    for monomial, count in value.terms.items():
        variable = value.algebra.variables[monomial[0]] if len(monomial) == 1 else None
        if isinstance(variable, Largest) and count == 1:
            rest = plus(value.terms, {monomial: -1})
            return tuple(whole(value.algebra, plus(option, rest)) for option in variable.options)
    return (value,)
