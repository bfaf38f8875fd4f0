"""Closed forms as text, with common factors taken out. Needs the extra `sweep`."""

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy

from wanmeter.cost import COUNTS
from wanmeter.errors import UnknownNameError
from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.expression import Expression, Whole
from wanmeter.symbolic.products import python, summed
from wanmeter.symbolic.variables import VARIABLES

Formulas = Mapping[str, Whole]
"""Expressions of one cost field, by what they are the cost of."""


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


def used(expressions: Formulas, form: ClosedForm) -> list[str]:
    """The variables of the printed formulas, and those that these are explained by, in the order of `VARIABLES`."""
    words = set(re.findall(r"\w+", to_python(expressions, form)))
    for name in ("tokens", "head_dim"):
        if name in words:
            words |= set(VARIABLES[name].meaning(form.geometry).split())
    return [name for name in VARIABLES if name in words]


def to_text(expressions: Formulas, form: ClosedForm) -> str:
    """One line per formula, with common factors taken out."""
    written = {name: sympy.sstr(factored(value, form)) for name, value in expressions.items()}
    return "".join(f"{name} = {text}\n" for name, text in written.items())


def to_python(expressions: Formulas, form: ClosedForm) -> str:
    """A Python expression for the exact number; for several formulas, a dict of them."""
    if expressions.keys() == {"total"}:
        return python(expressions["total"], form) + "\n"
    lines = (f"    {name!r}: {python(value, form)},\n" for name, value in expressions.items())
    return "{\n" + "".join(lines) + "}\n"


_WHOLE: Mapping[str, Any] = MappingProxyType({"integer": True, "positive": True})

SYMPY = MappingProxyType({name: sympy.Symbol(name, **_WHOLE) for name in VARIABLES})
"""The variables in sympy."""


def factored(value: Whole, form: ClosedForm) -> Any:
    """The expression in sympy: its Python text, evaluated on sympy's symbols, with common factors taken out.

    Where the number of blocks is a symbol, what each block adds is together.
    """
    if not isinstance(value, Expression):
        return sympy.Integer(value)
    found = summed(value, form)
    largest = partial(sympy.Max, evaluate=False)
    # Safe to evaluate: the text holds only these names, integers and operators.
    total = eval(str(found), {"__builtins__": {}, "max": largest} | dict(SYMPY))
    common = sympy.factor_terms(total)
    if SYMPY["num_layers"] in common.free_symbols:
        outer, inner = common.as_independent(sympy.Add, as_Add=False)
        inner = sympy.collect(inner, SYMPY["num_layers"], func=sympy.factor_terms)
        common = (
            sympy.Mul(*sympy.Mul.make_args(outer), inner, evaluate=False) if outer != 1 else inner
        )
    return common / found.divisor
