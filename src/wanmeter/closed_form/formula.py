"""Closed forms to read: as text, as LaTeX, and as Python that gives the very numbers. Needs the extra `sweep`."""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from math import lcm
from operator import mul
from types import MappingProxyType
from typing import Any

import sympy

from wanmeter.closed_form.derive import ClosedForm
from wanmeter.closed_form.expression import Expression
from wanmeter.closed_form.terms import Floor, Largest, Monomial, Symbol, Whole
from wanmeter.closed_form.variables import Regime
from wanmeter.cost import COUNTS
from wanmeter.errors import UnknownNameError
from wanmeter.wan.geometry import PATCH_SIZE, LatentGrid
from wanmeter.wan.workload import Workload

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "batch": "videos",
        "latent_frames": "(num_frames - 1) / 4 + 1",
        "latent_height": "height / 8",
        "latent_width": "width / 8",
        "tokens": "of the video: latent_frames latent_height latent_width / 4",
        "text_tokens": "text_len",
        "steps": "num_inference_steps",
        "reference_images": "num_reference_images",
    }
)
"""The variables of a printed formula, and what they are of a workload."""

Powers = tuple[tuple[str, int], ...]
"""A product of variables: each with its power."""


def variables(workload: Workload) -> dict[str, int]:
    """What the variables of a printed formula are in a workload."""
    grid = LatentGrid.of(workload)
    return {
        "batch": workload.batch_size,
        "latent_frames": grid.frames,
        "latent_height": grid.height,
        "latent_width": grid.width,
        "tokens": grid.tokens,
        "text_tokens": workload.text_len,
        "steps": workload.num_inference_steps,
        "reference_images": workload.num_reference_images,
    }


def formulas(form: ClosedForm, field: str, by: str) -> dict[str, Whole]:
    """The expressions of one field: of the `run` (under the name `total`), of each `stage` or `module`.

    Raises:
        UnknownNameError: a field or a grouping that does not exist.
    """
    if field not in COUNTS:
        raise UnknownNameError("field", field, COUNTS)
    rows = {"run": (), "stage": form.stages, "module": form.modules}
    if by not in rows:
        raise UnknownNameError("grouping", by, tuple(rows))
    if by == "run":
        return {"total": getattr(form.total, field)}
    return {row.path: getattr(row.cost, field) for row in rows[by]}


def used(expressions: Mapping[str, Whole], regime: Regime) -> list[str]:
    """The variables that printed formulas have, in the order of `MEANINGS`."""
    words = set(re.findall(r"\w+", to_python(expressions, regime)))
    if "tokens" in words:
        words |= set(MEANINGS["tokens"].split())
    return [name for name in MEANINGS if name in words]


def to_text(expressions: Mapping[str, Whole], regime: Regime) -> str:
    """A line a formula, common factors taken out."""
    written = {name: sympy.sstr(_sympy(value, regime)) for name, value in expressions.items()}
    return "".join(f"{name} = {text}\n" for name, text in written.items())


def to_latex(expressions: Mapping[str, Whole], regime: Regime) -> str:
    """An equation a formula, in an `align*` environment of amsmath."""
    names = {sympy.Symbol(name, **_WHOLE): rf"\mathit{{{_latex(name)}}}" for name in MEANINGS}
    lines = (
        rf"\mathrm{{{_latex(name)}}} &= {sympy.latex(_sympy(value, regime), symbol_names=names)}"
        for name, value in expressions.items()
    )
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


def to_python(expressions: Mapping[str, Whole], regime: Regime) -> str:
    """An expression that Python evaluates to the number; of several formulas, a dict of them."""
    if expressions.keys() == {"total"}:
        return _python(expressions["total"], regime) + "\n"
    lines = (f"    {name!r}: {_python(value, regime)},\n" for name, value in expressions.items())
    return "{\n" + "".join(lines) + "}\n"


_WHOLE: Mapping[str, Any] = MappingProxyType({"integer": True, "positive": True})


def _latex(name: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in name)


_ESCAPED = {character: f"\\{character}" for character in "_&%#${}"}
_ESCAPED |= {"\\": r"\backslash{}", "^": r"\hat{}", "~": r"\sim{}"}
"""Characters that LaTeX takes for its own, as they are written within formulas."""


def _python(value: Whole, regime: Regime) -> str:
    if not isinstance(value, Expression):
        return str(value)
    terms, divisor = _terms(value, regime, lambda variable: _variable_in_python(variable, regime))
    written = " + ".join(
        " * ".join(
            [str(count), *(name if power == 1 else f"{name} ** {power}" for name, power in powers)]
        )
        for powers, count in terms
    )
    return written if divisor == 1 else f"({written}) // {divisor}"


def _variable_in_python(variable: Floor | Largest, regime: Regime) -> str:
    if isinstance(variable, Floor):
        return f"(({_python(variable.dividend, regime)}) // {variable.divisor})"
    return f"max({', '.join(_python(option, regime) for option in variable.options)})"


def _sympy(value: Whole, regime: Regime) -> Any:
    if not isinstance(value, Expression):
        return sympy.Integer(value)
    known: dict[str, Any] = {name: sympy.Symbol(name, **_WHOLE) for name in MEANINGS}

    def named(variable: Floor | Largest) -> str:
        name = f"variable_{len(known)}"
        if isinstance(variable, Floor):
            known[name] = sympy.floor(_sympy(variable.dividend, regime) / variable.divisor)
        else:
            options = (_sympy(option, regime) for option in variable.options)
            known[name] = sympy.Max(*options, evaluate=False)
        return name

    terms, divisor = _terms(value, regime, named)
    total = sum(
        reduce(mul, (known[name] ** power for name, power in powers), sympy.Integer(count))
        for powers, count in terms
    )
    return sympy.factor_terms(total) / divisor


def _terms(
    value: Expression, regime: Regime, named: Callable[[Floor | Largest], str]
) -> tuple[list[tuple[Powers, int]], int]:
    """The terms of an expression in the variables that formulas are printed in, and what divides their sum.

    Rows and columns of tokens are halves of the latents'; as many of them as there are frames are tokens.
    """
    found = [
        (*_printed(value, monomial, regime, named), count)
        for monomial, count in value.terms.items()
    ]
    divisor = lcm(*(halves // _gcd(count, halves) for _, halves, count in found))
    return [(powers, count * divisor // halves) for powers, halves, count in found], divisor


def _gcd(count: int, halves: int) -> int:
    """The largest power of two that divides both; `halves` is one."""
    while count % halves:
        halves //= 2
    return halves


def _printed(
    value: Expression, monomial: Monomial, regime: Regime, named: Callable[[Floor | Largest], str]
) -> tuple[Powers, int]:
    """A product in printed variables, and the power of two that it is to be divided by."""
    powers: dict[str, int] = {}
    for number in monomial:
        variable = value.algebra.variables[number]
        name = variable.name if isinstance(variable, Symbol) else named(variable)
        powers[name] = powers.get(name, 0) + 1
    rows, columns = powers.pop("rows", 0), powers.pop("columns", 0)
    frames = powers.pop("latent_frames", 0)
    # A single latent frame is no variable: then all rows times columns are tokens.
    tokens = min(rows, columns, rows if regime.latent_frames == 1 else frames)
    rows, columns = rows - tokens, columns - tokens
    frames -= 0 if regime.latent_frames == 1 else tokens
    sizes = {
        "tokens": tokens,
        "latent_frames": frames,
        "latent_height": rows,
        "latent_width": columns,
    }
    ordered = {**powers, **{name: power for name, power in sizes.items() if power}}
    _, height, width = PATCH_SIZE
    names = [*MEANINGS, *(name for name in ordered if name not in MEANINGS)]
    return (
        tuple((name, ordered[name]) for name in names if name in ordered),
        height**rows * width**columns,
    )
