"""What expressions are made of: their variables, and how they are told apart."""

from typing import TYPE_CHECKING, Union

from attrs import frozen

if TYPE_CHECKING:
    from wanmeter.closed_form.expression import Expression

Monomial = tuple[int, ...]
"""A product of variables, by their numbers in the algebra, ascending; a square has its number twice."""

Whole = Union[int, "Expression"]
"""A whole number, known or not."""


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


def named(variable: Variable) -> str:
    """A variable in words of its own, by which it is told from others."""
    if isinstance(variable, Symbol):
        return variable.name
    if isinstance(variable, Floor):
        return f"(({variable.dividend!r}) // {variable.divisor})"
    return f"max({', '.join(map(repr, variable.options))})"
