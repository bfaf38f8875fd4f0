"""Exact expressions in non-negative whole numbers: what formulas give when they are evaluated on symbols.

An expression is a polynomial with integer coefficients. Its variables are symbols and two kinds of
whole numbers that no polynomial has: the floor of a quotient, and the largest of some. What formulas ask
of a count (is there any? which is larger?) is answered where it is so for every value that the symbols can
take; where it is not, nothing is guessed.
"""

from collections.abc import Iterable, Mapping
from itertools import chain, product

from wanmeter.arithmetic import Symbolic
from wanmeter.closed_form.bounds import at_least, never_negative
from wanmeter.closed_form.terms import Floor, Largest, Monomial, Symbol, Variable, Whole, named
from wanmeter.errors import ClosedFormError

MOST_OPTIONS = 100
"""Of a largest value. Packaged layers have up to some fifty, at odd element sizes."""


class Algebra:
    """The variables of some expressions. Those of different algebras do not mix."""

    def __init__(self) -> None:
        """There are none yet."""
        self.variables: list[Variable] = []
        self._numbers: dict[str, int] = {}
        self._least: dict[int, int | None] = {}

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

    def least(self, number: int) -> int | None:
        """What a variable is at least, if that can be told."""
        if number not in self._least:
            self._least[number] = self._told(self.variables[number])
        return self._least[number]

    def is_count(self, number: int) -> bool:
        """Whether a variable is known to be never negative."""
        least = self.least(number)
        return least is not None and least >= 0

    def _told(self, variable: Variable) -> int | None:
        if isinstance(variable, Symbol):
            return variable.least
        if isinstance(variable, Floor):
            dividend = at_least(variable.dividend)
            return None if dividend is None else dividend // variable.divisor
        known = [least for option in variable.options if (least := at_least(option)) is not None]
        return max(known, default=None)


class Expression(Symbolic):
    """A polynomial in the variables of an algebra. What is no longer symbolic is an int.

    It mixes with plain ints and with expressions of the same algebra, and with nothing else: a float or
    another library's int would make a number where formulas refuse it. It is no key and no text.
    """

    __slots__ = ("algebra", "terms")
    __array_ufunc__ = None  # numpy's numbers do not mix with it either
    __hash__ = None  # type: ignore[assignment] # whether two are one depends on the workload

    def __init__(self, algebra: Algebra, terms: Mapping[Monomial, int]) -> None:
        """Coefficients by monomial, none of them zero."""
        self.algebra = algebra
        self.terms = terms

    def made(self, terms: dict[Monomial, int]) -> Whole:
        """An expression without its zeros, or an int."""
        kept = {monomial: count for monomial, count in terms.items() if count}
        if not kept:
            return 0
        return kept[()] if kept.keys() == {()} else Expression(self.algebra, kept)

    def __add__(self, other: Whole) -> Whole:
        """The sum."""
        if not self._mixes(other):
            return NotImplemented
        terms = dict(self.terms)
        for monomial, count in _terms(other).items():
            terms[monomial] = terms.get(monomial, 0) + count
        return self.made(terms)

    __radd__ = __add__

    def __mul__(self, other: Whole) -> Whole:
        """The product."""
        if not self._mixes(other):
            return NotImplemented
        if isinstance(other, int):
            return self.made({monomial: other * count for monomial, count in self.terms.items()})
        terms: dict[Monomial, int] = {}
        for (one, first), (two, second) in product(self.terms.items(), _terms(other).items()):
            monomial = tuple(sorted(one + two))
            terms[monomial] = terms.get(monomial, 0) + first * second
        return self.made(terms)

    __rmul__ = __mul__

    def __neg__(self) -> Whole:
        """The negative."""
        return self * -1

    def __sub__(self, other: Whole) -> Whole:
        """The difference."""
        return self + -other if self._mixes(other) else NotImplemented

    def __rsub__(self, other: Whole) -> Whole:
        """The difference, the other way round."""
        return -self + other if self._mixes(other) else NotImplemented

    def __floordiv__(self, divisor: int) -> Whole:
        """The quotient, rounded down."""
        if type(divisor) is not int or divisor == 0:
            return NotImplemented
        if divisor < 0:
            return -self // -divisor
        quotient = {monomial: count // divisor for monomial, count in self.terms.items()}
        rest = self.made({monomial: count % divisor for monomial, count in self.terms.items()})
        # What is left of a constant is below the divisor: nothing.
        whole = self.made(quotient)
        if isinstance(rest, Expression):
            return whole + self.algebra.variable(Floor(rest, divisor))
        return whole

    def __mod__(self, divisor: int) -> Whole:
        """What division leaves."""
        if type(divisor) is not int or divisor == 0:
            return NotImplemented
        return self - divisor * (self // divisor)

    def largest_of(self, values: Iterable[Whole]) -> Whole:
        """The largest of some values, of which this is one."""
        kept: list[Whole] = []
        for value in chain.from_iterable(map(_options, values)):
            if not any(never_negative(other - value) for other in kept):
                kept = [other for other in kept if not never_negative(value - other)]
                kept.append(value)
        if len(kept) == 1:
            return kept[0]
        if len(kept) > MOST_OPTIONS:
            raise ClosedFormError(f"more than {MOST_OPTIONS} values could be the largest")
        return self.algebra.variable(Largest(tuple(sorted(kept, key=repr))))

    def __lt__(self, other: Whole) -> bool:
        """Whether it is less, whatever the symbols are."""
        return _decided(other - self - 1, self, "<", other)

    def __le__(self, other: Whole) -> bool:
        """Whether it is not more, whatever the symbols are."""
        return _decided(other - self, self, "<=", other)

    def __gt__(self, other: Whole) -> bool:
        """Whether it is more, whatever the symbols are."""
        return _decided(self - other - 1, self, ">", other)

    def __ge__(self, other: Whole) -> bool:
        """Whether it is not less, whatever the symbols are."""
        return _decided(self - other, self, ">=", other)

    def __bool__(self) -> bool:
        """Whether it is anything but zero, whatever the symbols are."""
        return self != 0

    def __eq__(self, other: object) -> bool:
        """Whether it is the same, whatever the symbols are."""
        if not self._mixes(other):
            raise ClosedFormError(f"{self!r} is compared with {other!r}")
        difference = self - other  # type: ignore[operator]
        if isinstance(difference, int):
            return difference == 0
        if never_negative(difference - 1) or never_negative(-difference - 1):
            return False
        raise ClosedFormError(f"{self!r} == {other!r} for some workloads and not for others")

    def __str__(self) -> str:
        """Refused: a text would be another for every workload."""
        raise ClosedFormError(f"{self!r} is made a text")

    def __format__(self, _: str) -> str:
        """Refused, as `__str__` is."""
        return str(self)

    def _mixes(self, other: object) -> bool:
        if isinstance(other, Expression):
            return other.algebra is self.algebra
        return type(other) is int

    def __repr__(self) -> str:
        """The sum of its terms."""
        return " + ".join(
            "*".join([repr(count), *(named(self.algebra.variables[i]) for i in monomial)])
            for monomial, count in sorted(self.terms.items())
        )


def _decided(margin: Whole, one: Whole, relation: str, other: Whole) -> bool:
    """Whether a margin is never negative; or else always."""
    if never_negative(margin):
        return True
    if never_negative(-margin - 1):
        return False
    question = f"{one!r} {relation} {other!r}"
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
