"""Polynomials with integer coefficients, as plain data."""

from collections import Counter
from collections.abc import Mapping
from itertools import product

from attrs import frozen

Monomial = tuple[int, ...]
"""A product of variables: their numbers in an algebra, ascending; a square repeats its number."""

Polynomial = Mapping[Monomial, int]
"""A polynomial: its non-zero coefficients, by monomial. The constant's monomial is empty."""


@frozen
class Symbol:
    """A named integer >= `least`, and <= `most` if that is known."""

    name: str
    least: int
    most: int | None = None


@frozen
class Floor:
    """`dividend // divisor`; the dividend's coefficients are positive and below the divisor."""

    dividend: Polynomial
    divisor: int


@frozen
class Largest:
    """The maximum of some polynomials, each of which may be the largest."""

    options: tuple[Polynomial, ...]


Variable = Symbol | Floor | Largest


def constant(value: int) -> Polynomial:
    """A polynomial without variables."""
    return {(): value} if value else {}


def plus(first: Polynomial, *others: Polynomial) -> Polynomial:
    """The sum of some polynomials."""
    total = dict(first)
    for other in others:
        for monomial, count in other.items():
            total[monomial] = total.get(monomial, 0) + count
    return _without_zeros(total)


def times(first: Polynomial, second: Polynomial) -> Polynomial:
    """The product of two polynomials."""
    total: dict[Monomial, int] = {}
    for (one, ours), (two, theirs) in product(first.items(), second.items()):
        monomial = tuple(sorted(one + two))
        total[monomial] = total.get(monomial, 0) + ours * theirs
    return _without_zeros(total)


def scaled(terms: Polynomial, factor: int) -> Polynomial:
    """A polynomial times an integer."""
    return {monomial: count * factor for monomial, count in terms.items()} if factor else {}


def divided(terms: Polynomial, divisor: int) -> tuple[Polynomial, Polynomial]:
    """Every coefficient divided by a positive integer: the quotients and the remainders."""
    quotient = {monomial: count // divisor for monomial, count in terms.items()}
    rest = {monomial: count % divisor for monomial, count in terms.items()}
    return _without_zeros(quotient), _without_zeros(rest)


def quotient(dividend: Polynomial, divisor: Polynomial) -> Polynomial | None:
    """A polynomial over a single product, if that divides each of its terms; else `None`."""
    ((factors, size), *others) = divisor.items()
    found: dict[Monomial, int] = {}
    for monomial, count in dividend.items():
        rest = Counter(monomial)
        rest.subtract(factors)
        if others or count % size or min(rest.values()) < 0:
            return None
        found[tuple(sorted(rest.elements()))] = count // size
    return found


def _without_zeros(terms: Polynomial) -> Polynomial:
    if all(terms.values()):  # the common case
        return terms
    return {monomial: count for monomial, count in terms.items() if count}
