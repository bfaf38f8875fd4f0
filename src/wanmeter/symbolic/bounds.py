"""Lower bounds of polynomials that hold for all values of their symbols."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import prod

from wanmeter.symbolic.polynomial import (
    Floor,
    Largest,
    Monomial,
    Polynomial,
    Symbol,
    Variable,
    constant,
    plus,
    times,
)


class LowerBounds:
    """Finds lower bounds of polynomials in some variables.

    A bound holds for all values of the symbols. It need not be tight, and may not be found.
    """

    def __init__(self, variables: Sequence[Variable]) -> None:
        """Bind the variables, in the order of their numbers. The sequence may grow later."""
        self._variables = variables
        self._least: dict[int, int | None] = {}
        self._known: dict[frozenset[tuple[Monomial, int]], int | None] = {}

    def never_negative(self, terms: Polynomial) -> bool:
        """Whether a polynomial is known to be >= 0 for all values of the symbols."""
        if all([count > 0 for count in terms.values()]) and all(
            [self._is_count(number) for monomial in terms for number in monomial]
        ):
            return True  # the common case: no term can be negative
        least = self.at_least(terms)
        return least is not None and least >= 0

    def at_least(self, terms: Polynomial) -> int | None:
        """A lower bound of a polynomial, or None if none is found. Kept: formulas ask the same many times."""
        asked = frozenset(terms.items())
        if asked not in self._known:
            self._known[asked] = self._at_least(terms)
        return self._known[asked]

    def _at_least(self, terms: Polynomial) -> int | None:
        least = self._found(terms)
        if least is None:
            # A quotient is at least 0 where it is added. Where it is subtracted, its dividend tells more.
            fewer = {each: n for each, n in terms.items() if n < 0 or not self._has_quotient(each)}
            least = self._found(fewer) if len(fewer) < len(terms) else None
        return least

    def _has_quotient(self, monomial: Monomial) -> bool:
        """Whether a product is known to be never negative, and a quotient is among its factors."""
        return all(map(self._is_count, monomial)) and any(
            isinstance(self._variables[number], Floor) for number in monomial
        )

    def _found(self, terms: Polynomial) -> int | None:
        """A lower bound, found by replacing maxima and quotients one after the other."""
        least = self._least_of_terms(terms)
        if least is not None:
            return least
        numbers = sorted({number for monomial in terms for number in monomial})
        # Maxima first: their options may hold the same quotients as the other terms.
        for kind in (Largest, Floor):
            for number in numbers:
                variable = self._variables[number]
                if isinstance(variable, kind):
                    return self._least_without(number, variable, terms)
        return None

    def _least_without(
        self, number: int, variable: Floor | Largest, terms: Polynomial
    ) -> int | None:
        """A lower bound, found by replacing one of the variables."""
        if isinstance(variable, Floor):
            return self._least_without_floor(number, variable, terms)
        # If it is added, a maximum is at least each of its options. If it is subtracted, it may be any
        # of them, so all need a bound.
        found = [self._least_with(number, option, terms) for option in variable.options]
        known = [each for each in found if each is not None]
        counts = [count for monomial, count in terms.items() if number in monomial]
        if all(count > 0 for count in counts):
            return max(known, default=None)
        if all(count < 0 for count in counts):
            return min(known) if len(known) == len(found) else None
        return None

    def _least_without_floor(self, number: int, floor: Floor, terms: Polynomial) -> int | None:
        # (dividend - divisor + 1) / divisor <= floor <= dividend / divisor
        dividend, divisor = floor.dividend, floor.divisor
        lowest = plus(dividend, constant(1 - divisor))
        multiple = self._replaced(terms, number, divisor, subtracted=dividend, added=lowest)
        least = None if multiple is None else self._found(multiple)
        return None if least is None else -(-least // divisor)

    def _least_with(self, number: int, option: Polynomial, terms: Polynomial) -> int | None:
        """A lower bound of a polynomial in which an option replaces a variable."""
        replaced = self._replaced(terms, number, 1, subtracted=option, added=option)
        return None if replaced is None else self._found(replaced)

    def _replaced(
        self,
        terms: Polynomial,
        number: int,
        scale: int,
        *,
        subtracted: Polynomial,
        added: Polynomial,
    ) -> Polynomial | None:
        """`scale` times a polynomial, with a replacement for `scale` times one of its variables.

        The replacement is `subtracted` in negative terms and `added` in positive ones. None if the
        variable is squared, or multiplied by something that may be negative.
        """
        parts: list[Polynomial] = []
        for monomial, count in terms.items():
            others = tuple(each for each in monomial if each != number)
            power = len(monomial) - len(others)
            if power > 1 or (power and not all(map(self._is_count, others))):
                return None
            if power:
                parts.append(times({others: count}, subtracted if count < 0 else added))
            else:
                parts.append({monomial: count * scale})
        return plus({}, *parts)

    def _least_of_terms(self, terms: Polynomial) -> int | None:
        """A polynomial's value at the least values of its variables, less what it may fall from there, if that is known."""
        least: dict[int, int] = {}
        for number in {number for monomial in terms for number in monomial}:
            told = self._least_of(number)
            if told is None:
                return None
            least[number] = told
        falling = any(count < 0 for monomial, count in terms.items() if monomial)
        if falling or any(each < 0 for each in least.values()):
            # Written in each variable's excess over its least value, negative terms may vanish.
            return self._least_beyond(_beyond_the_least(terms, least), least)
        return sum(
            count * prod(least[number] for number in monomial) for monomial, count in terms.items()
        )

    def _least_beyond(self, terms: dict[Monomial, int], least: Mapping[int, int]) -> int | None:
        """The least value of a polynomial in the variables' excess over their least values; changes `terms`."""
        terms.setdefault((), 0)
        for monomial in [each for each, count in terms.items() if each and count < 0]:
            if not self._taken_up(monomial, terms, least):
                return None
        return terms[()]

    def _taken_up(
        self, monomial: Monomial, terms: dict[Monomial, int], least: Mapping[int, int]
    ) -> bool:
        """Whether a negative product is less than what another, positive one can lose; that one then has lost it.

        Of rows x columns, say, with at most 9 columns, -rows x columns takes no more than 9 from rows. The constant may
        lose any amount.
        """
        if all(self._most([number], least) is None for number in monomial):
            return False  # as in most closed forms
        count = terms.pop(monomial)
        for part in sorted(terms, key=len, reverse=True):
            rest = Counter(monomial)
            rest.subtract(part)
            most = None if min(rest.values()) < 0 else self._most(rest.elements(), least)
            if most is not None and (not part or terms[part] + count * most >= 0):
                terms[part] += count * most
                return True
        return False

    def _most(self, numbers: Iterable[int], least: Mapping[int, int]) -> int | None:
        """The most that a product of variables has beyond their least values; None if no limit is known."""
        most = 1
        for number in numbers:
            variable = self._variables[number]
            if not isinstance(variable, Symbol) or variable.most is None:
                return None
            most *= variable.most - least[number]
        return most

    def _is_count(self, number: int) -> bool:
        """Whether a variable is known to be never negative."""
        least = self._least_of(number)
        return least is not None and least >= 0

    def _least_of(self, number: int) -> int | None:
        """A lower bound of a variable, cached."""
        if number not in self._least:
            self._least[number] = self._least_of_variable(self._variables[number])
        return self._least[number]

    def _least_of_variable(self, variable: Variable) -> int | None:
        if isinstance(variable, Symbol):
            return variable.least
        if isinstance(variable, Floor):
            dividend = self.at_least(variable.dividend)
            return None if dividend is None else dividend // variable.divisor
        known = [
            least for option in variable.options if (least := self.at_least(option)) is not None
        ]
        return max(known, default=None)


def _beyond_the_least(terms: Polynomial, least: Mapping[int, int]) -> dict[Monomial, int]:
    """The polynomial in new variables: each variable's excess over its least value.

    Coefficients may be zero.
    """
    shifted: dict[Monomial, int] = {}
    for monomial, count in terms.items():
        # Expand the product of (beyond + least) over the monomial's variables.
        parts: list[tuple[Monomial, int]] = [((), count)]
        for number in monomial:
            beyond = [((*rest, number), factor) for rest, factor in parts]
            parts = beyond + [(rest, factor * least[number]) for rest, factor in parts]
        for rest, factor in parts:
            shifted[rest] = shifted.get(rest, 0) + factor
    return shifted
