"""What an expression is at least, whatever its symbols are: told from its terms, or not told."""

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from wanmeter.closed_form.terms import Floor, Largest, Monomial, Whole

if TYPE_CHECKING:
    from wanmeter.closed_form.expression import Expression


def at_least(value: Whole) -> int | None:
    """What an expression is at least, if that can be told from its terms; it may be more."""
    if isinstance(value, int):
        return value
    least = _least_of_terms(value)
    if least is not None:
        return least
    for kind in (Floor, Largest):
        for number in sorted({number for monomial in value.terms for number in monomial}):
            variable = value.algebra.variables[number]
            if isinstance(variable, kind):
                return _least_without(number, variable, value)
    return None


def _least_without(number: int, variable: Floor | Largest, value: "Expression") -> int | None:
    """What an expression is at least, told without one of its variables."""
    if isinstance(variable, Floor):
        # A floor is between its quotient, and that less what division can leave.
        divisor, dividend = variable.divisor, variable.dividend
        scaled = _replaced(value, number, divisor, dividend, dividend - (divisor - 1))
        least = None if scaled is None else at_least(scaled)
        return None if least is None else -(-least // divisor)
    # A largest value is no less than any of its options, and one that is subtracted is one of them.
    counts = [count for monomial, count in value.terms.items() if number in monomial]
    replaced = [_replaced(value, number, 1, option, option) for option in variable.options]
    found = [None if each is None else at_least(each) for each in replaced]
    known = [each for each in found if each is not None]
    if all(count > 0 for count in counts):
        return max(known, default=None)
    if all(count < 0 for count in counts):
        return min(known) if len(known) == len(found) else None
    return None


def _replaced(
    value: "Expression", number: int, scale: int, subtracted: Whole, added: Whole
) -> Whole | None:
    """`scale` times an expression, `scale` times a variable being as given: where it is subtracted, or added.

    What it is multiplied by must not be below zero; a square of it is not replaced.
    """
    algebra = value.algebra
    total: Whole = 0
    for monomial, count in value.terms.items():
        others = tuple(each for each in monomial if each != number)
        times = len(monomial) - len(others)
        if times > 1 or (times and not all(map(algebra.is_count, others))):
            return None
        factor = value.made({others: count})
        if times:
            total += factor * (subtracted if count < 0 else added)
        else:
            total += factor * scale
    return total


def _least_of_terms(expression: "Expression") -> int | None:
    """The least value of a polynomial whose variables each have one, where all its terms then grow."""
    algebra, terms = expression.algebra, expression.terms
    least = {number: algebra.least(number) for monomial in terms for number in monomial}
    if any(each is None for each in least.values()):
        return None
    known = {number: each for number, each in least.items() if each is not None}
    falling = any(count < 0 for monomial, count in terms.items() if monomial)
    if falling or any(each < 0 for each in known.values()):
        # In what each variable is beyond its least, negative terms may vanish.
        terms = _beyond_the_least(terms, known)
        if any(count < 0 for monomial, count in terms.items() if monomial):
            return None
        return terms.get((), 0)
    return sum(
        count * prod(known[number] for number in monomial) for monomial, count in terms.items()
    )


def never_negative(value: Whole) -> bool:
    """Whether an expression is known to be zero or more, whatever the symbols are."""
    if (
        not isinstance(value, int)
        and min(value.terms.values()) > 0
        and all(value.algebra.is_count(number) for monomial in value.terms for number in monomial)
    ):
        return True  # most of what is asked: nothing is subtracted, and nothing is below zero
    least = at_least(value)
    return least is not None and least >= 0


def _beyond_the_least(
    terms: Mapping[Monomial, int], least: Mapping[int, int]
) -> dict[Monomial, int]:
    """The terms in what each variable is beyond the least that it can be."""
    shifted: dict[Monomial, int] = {}
    for monomial, count in terms.items():
        for chosen in product((True, False), repeat=len(monomial)):
            pairs = list(zip(monomial, chosen, strict=True))
            rest = tuple(number for number, beyond in pairs if beyond)
            fixed = prod(least[number] for number, beyond in pairs if not beyond)
            shifted[rest] = shifted.get(rest, 0) + count * fixed
    return shifted
