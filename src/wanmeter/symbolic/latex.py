"""Closed forms in LaTeX, in lines that fit a column of a paper. Needs the extra `sweep`."""

import re
from collections.abc import Iterator
from textwrap import fill

import sympy

from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.formula import SYMPY, Formulas, factored, used
from wanmeter.symbolic.variables import DIMENSIONS, VARIABLES

COLUMN = 40
"""Most digits' widths of a line: one of two columns on a page, 3.3 inches, in 10 points."""


def to_latex(expressions: Formulas, form: ClosedForm) -> str:
    """The equations, in an `align*` environment of amsmath, and a paragraph that says what the letters are."""
    letters = {symbol: VARIABLES[name].letter for name, symbol in SYMPY.items()}
    lines: list[str] = []
    for name, value in expressions.items():
        written = sympy.latex(
            factored(value, form), symbol_names=letters, fold_short_frac=True, long_frac_ratio=1
        )
        # Delimiters that grow keep their content on one line.
        written = re.sub(r"\\(?:left|right)(?![a-z])\s*", "", written)
        first, *others = _lines(rf"\mathrm{{{_escaped(name)}}} = {written}")
        lines += [f"&{first}", *[rf"&\quad {line}" for line in others]]
    told = "; ".join([_told(name, form) for name in used(expressions, form)])
    legend = fill(f"\\noindent where {told}.", 100, break_on_hyphens=False) + "\n" if told else ""
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n" + legend


def _lines(equation: str) -> Iterator[str]:
    """An equation in lines that fit; it breaks before + and -, and where a maximum has options."""
    if _width(equation) <= COLUMN:
        yield equation
        return
    line = ""
    for piece, ends in _pieces(equation):
        if line and _width(line + piece) > COLUMN:
            yield line.strip()
            line = ""
        line += piece
        if ends:
            yield line.strip()
            line = ""
    yield line.strip()


def _pieces(equation: str) -> Iterator[tuple[str, bool]]:
    """The pieces between which an equation may break, and whether it must: after an option of a maximum."""
    braces = parentheses = start = 0
    for place, character in enumerate(equation):
        braces += {"{": 1, "}": -1}.get(character, 0)
        parentheses += {"(": 1, ")": -1}.get(character, 0)
        option = parentheses <= 1 and equation[:place].endswith(", ")
        if not braces and (option or equation[place : place + 3] in (" + ", " - ")):
            yield equation[start:place], option
            start = place
    yield equation[start:], False


def _width(latex: str) -> int:
    """About the width in digits."""
    shown = re.sub(r"\\mathrm|[{}^\\]|(?<=\\[lr])floor", "", latex)
    capitals, signs = re.findall(r"[A-Z]", shown), re.findall(r" [-+=] ", shown)
    return len(shown.replace(" ", "")) + len(capitals) // 2 + len(signs)


def _told(name: str, form: ClosedForm) -> str:
    """What a letter stands for."""
    variable = VARIABLES[name]
    called = _code(name) if name in DIMENSIONS else name.replace("_", " ")
    words, colon, formula = variable.meaning(form.geometry).rpartition(": ")
    if "/" in formula:
        formula = f"${re.sub(r'[a-z_]+', _in_formula, formula)}$"
    else:
        formula = re.sub(r"\w+_\w+", lambda found: _code(found[0]), formula)
    told = f"{words}{colon}{formula}"
    return f"${variable.letter}$: {called}{' ' if told.startswith('of ') else ', '}{told}"


def _in_formula(found: re.Match[str]) -> str:
    """A variable as its letter, and a field as code."""
    name = found[0]
    return VARIABLES[name].letter if name in VARIABLES else _code(name)


def _code(name: str) -> str:
    return rf"\texttt{{{_escaped(name)}}}"


def _escaped(name: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in name)


_ESCAPED = {character: f"\\{character}" for character in "_&%#${}"}
_ESCAPED |= {"\\": r"\backslash{}", "^": r"\hat{}", "~": r"\sim{}"}
"""LaTeX's special characters, escaped for formulas."""
