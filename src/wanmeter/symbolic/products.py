"""Expressions as sums of products in the variables of printed formulas."""

from math import gcd, lcm

from attrs import frozen

from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.expression import Expression, Whole, whole
from wanmeter.symbolic.polynomial import Floor, Largest, Monomial, Symbol
from wanmeter.symbolic.variables import VARIABLES

Powers = dict[str, int]
"""A product of variables: each with its power, in the order of printing."""


@frozen
class Sum:
    """The sum of some products, over a divisor: counts with their products."""

    products: tuple[tuple[int, Powers], ...]
    divisor: int

    def __str__(self) -> str:
        """The sum in Python, without its divisor."""
        return " + ".join([_product(*each) for each in self.products]).replace("+ -", "- ")

    def factored(self) -> tuple["Sum", "Sum"]:
        """The factor that all products share, and the rest; both without the divisor."""
        size = gcd(*[count for count, _ in self.products])
        (_, first), *others = self.products
        shared = {
            name: least
            for name, power in first.items()
            if (least := min([power, *(each.get(name, 0) for _, each in others)]))
        }
        rest = [
            (
                count // size,
                {name: left for name, n in each.items() if (left := n - shared.get(name, 0))},
            )
            for count, each in self.products
        ]
        return Sum(((size, shared),), 1), Sum(tuple(rest), 1)


def _product(count: int, powers: Powers) -> str:
    factors = [name if power == 1 else f"{name}**{power}" for name, power in powers.items()]
    return " * ".join([*([str(count)] if count != 1 or not factors else []), *factors])


def python(value: Whole, form: ClosedForm) -> str:
    """An expression in Python, on one line."""
    if not isinstance(value, Expression):
        return str(value)
    found = summed(value, form)
    return str(found) if found.divisor == 1 else f"({found}) // {found.divisor}"


def summed(value: Expression, form: ClosedForm) -> Sum:
    """An expression as a sum of products in printed variables.

    Token rows and columns are printed as latent rows and columns, divided by the patch size; a product of
    frames, rows and columns as tokens; a product of heads and their pairs as the width.
    """
    highest_first = sorted(value.terms.items(), key=lambda term: (-len(term[0]), term[0]))
    found = [(count, *_printed(value, monomial, form)) for monomial, count in highest_first]
    divisor = lcm(*[halves // gcd(count, halves) for count, _, halves in found])
    return Sum(
        tuple([(count * divisor // halves, powers) for count, powers, halves in found]), divisor
    )


def _printed(value: Expression, monomial: Monomial, form: ClosedForm) -> tuple[Powers, int]:
    """A product in printed variables, and the number that divides it."""
    powers: Powers = {}
    for number in monomial:
        variable = value.algebra.variables[number]
        name = variable.name if isinstance(variable, Symbol) else _written(variable, value, form)
        powers[name] = powers.get(name, 0) + 1
    rows, columns = powers.pop("rows", 0), powers.pop("columns", 0)
    frames = powers.pop("latent_frames", 0)
    # With one latent frame, frames are no variable: rows times columns are tokens.
    tokens = min(rows, columns, rows if form.regime.latent_frames == 1 else frames)
    rows, columns = rows - tokens, columns - tokens
    heads, pairs = powers.pop("num_heads", 0), powers.pop("head_pairs", 0)
    width = min(heads, pairs)
    powers |= {
        "tokens": tokens,
        "latent_frames": frames - (0 if form.regime.latent_frames == 1 else tokens),
        "latent_height": rows,
        "latent_width": columns,
        "dim": width,
        "num_heads": heads - width,
        "head_dim": pairs - width,
    }
    _, down, across = form.geometry.patch_size
    names = [*VARIABLES, *(name for name in powers if name not in VARIABLES)]
    ordered = {name: powers[name] for name in names if powers.get(name)}
    return ordered, down**rows * across**columns * 2**pairs


def _written(variable: Floor | Largest, value: Expression, form: ClosedForm) -> str:
    algebra = value.algebra
    if isinstance(variable, Floor):
        dividend = python(whole(algebra, variable.dividend), form)
        return f"({dividend if dividend.isidentifier() else f'({dividend})'} // {variable.divisor})"
    options = (python(whole(algebra, option), form) for option in variable.options)
    return f"max({', '.join(options)})"
