"""Closed forms as text, as LaTeX, and as Python that evaluates to the exact numbers. Needs the extra `sweep`."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from math import lcm, prod
from types import MappingProxyType
from typing import Any

import sympy
from attrs import frozen

from wanmeter.cost import COUNTS
from wanmeter.errors import UnknownNameError
from wanmeter.models import Geometry, LatentGrid, Workload
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.expression import Expression, Whole, whole
from wanmeter.symbolic.polynomial import Floor, Largest, Monomial, Symbol
from wanmeter.symbolic.regimes import SYMBOLS


@frozen
class FormulaVariable:
    """A variable of printed formulas: what it means, in words, and its value in a workload with a latent grid."""

    meaning: Callable[[Geometry], str]
    value: Callable[[Workload, LatentGrid], int]


def _symbol(name: str, meaning: Callable[[Geometry], str]) -> FormulaVariable:
    """A variable that is a symbol of closed forms too."""
    return FormulaVariable(meaning, SYMBOLS[name].value)


VARIABLES: Mapping[str, FormulaVariable] = MappingProxyType(
    {
        "batch": _symbol("batch", lambda _: "videos"),
        "latent_frames": _symbol(
            "latent_frames", lambda geometry: f"(num_frames - 1) / {geometry.vae_stride[0]} + 1"
        ),
        "latent_height": FormulaVariable(
            lambda geometry: f"height / {geometry.vae_stride[1]}", lambda _, grid: grid.size[1]
        ),
        "latent_width": FormulaVariable(
            lambda geometry: f"width / {geometry.vae_stride[2]}", lambda _, grid: grid.size[2]
        ),
        "tokens": FormulaVariable(
            lambda geometry: (
                "of the video: latent_frames latent_height latent_width"
                f" / {prod(geometry.patch_size)}"
            ),
            lambda _, grid: grid.tokens,
        ),
        "text_tokens": _symbol("text_tokens", lambda _: "text_len"),
        "steps": _symbol("steps", lambda _: "num_inference_steps"),
        "reference_images": _symbol("reference_images", lambda _: "num_reference_images"),
        "high_noise_steps": _symbol("high_noise_steps", lambda _: "steps of the first expert"),
        "low_noise_steps": _symbol("low_noise_steps", lambda _: "steps of the second expert"),
    }
)
"""The variables of printed formulas, by name."""


def meanings(geometry: Geometry) -> dict[str, str]:
    """What each variable of a printed formula means, in words."""
    return {name: each.meaning(geometry) for name, each in VARIABLES.items()}


def variables(workload: Workload, geometry: Geometry) -> dict[str, int]:
    """The values of a printed formula's variables in a workload."""
    grid = geometry.grid(workload)
    return {name: each.value(workload, grid) for name, each in VARIABLES.items()}


Powers = tuple[tuple[str, int], ...]
"""A product of variables, each with its power."""


def formulas(form: ClosedForm, field: str, by: str) -> dict[str, Whole]:
    """The expressions of one cost field, for the `run` (named `total`), each `stage` or each `module`.

    Raises:
        UnknownNameError: the field or the grouping does not exist.
    """
    if field not in COUNTS:
        raise UnknownNameError("field", field, COUNTS)
    rows = {"run": (), "stage": form.stages, "module": form.modules}
    if by not in rows:
        raise UnknownNameError("grouping", by, tuple(rows))
    if by == "run":
        return {"total": getattr(form.total, field)}
    return {row.path: getattr(row.cost, field) for row in rows[by]}


def used(expressions: Mapping[str, Whole], form: ClosedForm) -> list[str]:
    """The variables that appear in the printed formulas, in the order of `VARIABLES`."""
    words = set(re.findall(r"\w+", to_python(expressions, form)))
    if "tokens" in words:
        words |= set(meanings(form.geometry)["tokens"].split())
    return [name for name in VARIABLES if name in words]


def to_text(expressions: Mapping[str, Whole], form: ClosedForm) -> str:
    """One line per formula, with common factors taken out."""
    written = {name: sympy.sstr(_sympy(value, form)) for name, value in expressions.items()}
    return "".join(f"{name} = {text}\n" for name, text in written.items())


def to_latex(expressions: Mapping[str, Whole], form: ClosedForm) -> str:
    """One equation per formula, in an `align*` environment of amsmath."""
    names = {sympy.Symbol(name, **_WHOLE): rf"\mathit{{{_latex(name)}}}" for name in VARIABLES}
    lines = (
        rf"\mathrm{{{_latex(name)}}} &= {sympy.latex(_sympy(value, form), symbol_names=names)}"
        for name, value in expressions.items()
    )
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


def to_python(expressions: Mapping[str, Whole], form: ClosedForm) -> str:
    """A Python expression for the exact number; for several formulas, a dict of them."""
    if expressions.keys() == {"total"}:
        return _python(expressions["total"], form) + "\n"
    lines = (f"    {name!r}: {_python(value, form)},\n" for name, value in expressions.items())
    return "{\n" + "".join(lines) + "}\n"


_WHOLE: Mapping[str, Any] = MappingProxyType({"integer": True, "positive": True})


def _latex(name: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in name)


_ESCAPED = {character: f"\\{character}" for character in "_&%#${}"}
_ESCAPED |= {"\\": r"\backslash{}", "^": r"\hat{}", "~": r"\sim{}"}
"""LaTeX's special characters, escaped for formulas."""


def _python(value: Whole, form: ClosedForm) -> str:
    if not isinstance(value, Expression):
        return str(value)
    written, divisor = _sum(value, form)
    return written if divisor == 1 else f"({written}) // {divisor}"


def _variable_in_python(variable: Floor | Largest, algebra: Algebra, form: ClosedForm) -> str:
    if isinstance(variable, Floor):
        return f"(({_python(whole(algebra, variable.dividend), form)}) // {variable.divisor})"
    options = (_python(whole(algebra, option), form) for option in variable.options)
    return f"max({', '.join(options)})"


def _sympy(value: Whole, form: ClosedForm) -> Any:
    """The expression in sympy: its Python text, evaluated on sympy's symbols."""
    if not isinstance(value, Expression):
        return sympy.Integer(value)
    written, divisor = _sum(value, form)
    names = {name: sympy.Symbol(name, **_WHOLE) for name in VARIABLES}
    largest = partial(sympy.Max, evaluate=False)
    # Safe to evaluate: the text holds only these names, integers and operators.
    total = eval(written, {"__builtins__": {}, "max": largest} | names)
    return sympy.factor_terms(total) / divisor


def _sum(value: Expression, form: ClosedForm) -> tuple[str, int]:
    """An expression as a sum of products in printed variables, in Python, and the divisor of that sum.

    Token rows and columns are printed as latent rows and columns, divided by the patch size. A product
    of frames, rows and columns is printed as tokens.
    """
    found = [(*_printed(value, monomial, form), count) for monomial, count in value.terms.items()]
    divisor = lcm(*(halves // _gcd(count, halves) for _, halves, count in found))
    products = (
        " * ".join(
            [
                str(count * divisor // halves),
                *(name if power == 1 else f"{name} ** {power}" for name, power in powers),
            ]
        )
        for powers, halves, count in found
    )
    return " + ".join(products), divisor


def _gcd(count: int, halves: int) -> int:
    """The greatest common divisor; `halves` is a power of two."""
    while count % halves:
        halves //= 2
    return halves


def _printed(value: Expression, monomial: Monomial, form: ClosedForm) -> tuple[Powers, int]:
    """A product in printed variables, and the power of two that divides it."""
    powers: dict[str, int] = {}
    for number in monomial:
        variable = value.algebra.variables[number]
        name = (
            variable.name
            if isinstance(variable, Symbol)
            else _variable_in_python(variable, value.algebra, form)
        )
        powers[name] = powers.get(name, 0) + 1
    rows, columns = powers.pop("rows", 0), powers.pop("columns", 0)
    frames = powers.pop("latent_frames", 0)
    # With one latent frame, frames are no variable: rows times columns are tokens.
    tokens = min(rows, columns, rows if form.regime.latent_frames == 1 else frames)
    rows, columns = rows - tokens, columns - tokens
    frames -= 0 if form.regime.latent_frames == 1 else tokens
    sizes = {
        "tokens": tokens,
        "latent_frames": frames,
        "latent_height": rows,
        "latent_width": columns,
    }
    ordered = {**powers, **{name: power for name, power in sizes.items() if power}}
    _, height, width = form.geometry.patch_size
    names = [*VARIABLES, *(name for name in ordered if name not in VARIABLES)]
    return (
        tuple((name, ordered[name]) for name in names if name in ordered),
        height**rows * width**columns,
    )
