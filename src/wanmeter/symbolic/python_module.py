"""Closed forms as a Python module: functions of the workload's own fields, which check what they are given."""

import re
from collections.abc import Iterable, Iterator, Mapping
from textwrap import fill, indent, wrap

from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.expression import Expression, Whole
from wanmeter.symbolic.polynomial import Symbol
from wanmeter.symbolic.products import python, summed
from wanmeter.symbolic.regimes import SYMBOLS
from wanmeter.symbolic.variables import VARIABLES
from wanmeter.version import __version__

WIDTH = 100

CHECK = '''
def _check(name: str, value: int, least: int, step: int = 1) -> None:
    """Refuse anything but an int that is least, least + step, least + 2 step, ..."""
    if type(value) is not int or value < least or (value - least) % step:
        several = ", ".join(str(least + i * step) for i in range(3))
        raise ValueError(f"{name}: got {value!r}; allowed: {several}, ...")
'''

CHECK_GUIDANCE = """\
if type(guidance) is not bool:
    raise ValueError(f"guidance: got {guidance!r}; allowed: True, False")
"""


def to_module(expressions: Mapping[str, Whole], form: ClosedForm, field: str, title: str) -> str:
    """A module with a function for the run or for each stage, or one function for all modules.

    Its functions take fields of `Workload`, and of the model where these are symbols, and return the exact
    number. `title` says what the numbers are of, and where they hold.
    """
    if any("/" in name for name in expressions):
        functions = [_function(f"{field}_by_module", expressions, form)]
    else:
        functions = [
            _function(f"{_called(name, form)}_{field}", {name: value}, form)
            for name, value in expressions.items()
        ]
    used = "".join(functions)
    helpers = [CHECK] if "_check(" in used else []
    # A model's name, which is in the title, may hold quotes.
    quoted = title.replace("\\", r"\\").replace('"', r"\"")
    about = fill(f'"""{quoted}.', WIDTH, break_long_words=False, break_on_hyphens=False)
    head = f'{about}\n\nExact. Written by wanmeter {__version__}.\n"""\n'
    return "\n\n".join([head, *functions, *helpers]).replace("\n\n\n\n", "\n\n\n")


def _called(name: str, form: ClosedForm) -> str:
    """The name of a stage as an identifier; a run of one stage is called as that stage."""
    if name == "total" and len(form.stages) == 1:
        name = form.stages[0].path
    return re.sub(r"\W", "_", name)


def _function(name: str, expressions: Mapping[str, Whole], form: ClosedForm) -> str:
    """A function that returns one expression, or a dict of several."""
    given = _given(expressions.values(), form)
    arguments = [each for each in _leasts(form) if each in _names(given.values())]
    arguments += ["guidance"] if "passes_per_step" in given else []
    typed = [f"{each}: {'bool' if each == 'guidance' else 'int'}" for each in arguments]
    several = name.endswith("_by_module")
    result = "dict[str, int]" if several else "int"
    listed = ["*", *typed] if typed else []
    signature = f"def {name}({', '.join(listed)}) -> {result}:\n"
    if len(signature) > WIDTH:
        lines = "".join([f"    {each},\n" for each in listed])
        signature = f"def {name}(\n{lines}) -> {result}:\n"
    body = [
        *_checks(arguments, form),
        *[f"{each} = {text}\n" for each, text in given.items() if text != each],
    ]
    returned = (
        _returned(expressions, form) if several else _value(next(iter(expressions.values())), form)
    )
    about = fill(f'"""Return the number. It holds for {form.regime}.', WIDTH - 4) + "\n"
    raises = "\nRaises:\n    ValueError: an argument that it does not hold for.\n" if typed else ""
    return signature + indent(
        "".join([about, raises, '"""\n', *body, f"return {returned}\n"]), "    "
    )


def _given(values: Iterable[Whole], form: ClosedForm) -> dict[str, str]:
    """The variables of some expressions, and those that they follow from, each as it is computed."""
    found = _names([python(value, form) for value in values])
    given = {name: each.given(form.geometry) for name, each in VARIABLES.items()}
    if form.regime.latent_frames is not None:
        given["latent_frames"] = str(form.regime.latent_frames)
    while more := _names([given[name] for name in found]) & VARIABLES.keys() - found:
        found |= more
    return {name: text for name, text in given.items() if name in found}


def _names(texts: Iterable[str]) -> set[str]:
    names = {name for text in texts for name in re.findall(r"[a-z_]\w*", text)}
    return names - {"max", "if", "else"}


def _leasts(form: ClosedForm) -> dict[str, tuple[str, str]]:
    """The arguments that are ints, in the order in which they are checked: the least of each, and its steps."""
    geometry, both = form.geometry, form.regime.experts == "both"
    rows, columns = map(str, geometry.sides)
    own = {each.name: each.least for each in form.algebra.variables if isinstance(each, Symbol)}
    frames = geometry.num_frames(SYMBOLS["latent_frames"].least)
    return {
        "batch_size": ("1", ""),
        "num_frames": (str(frames), str(geometry.vae_stride[0])),
        "height": (rows, rows),
        "width": (columns, columns),
        "text_len": ("1", ""),
        "num_reference_images": ("1", ""),
        "high_noise_steps": ("1", ""),
        "num_inference_steps": ("high_noise_steps + 1" if both else "1", ""),
        "num_layers": (str(own.get("num_layers", 1)), ""),
        "num_heads": ("1", ""),
        "dim": ("2 * num_heads", "2 * num_heads"),
        "ffn_dim": ("1", ""),
    }


def _checks(arguments: list[str], form: ClosedForm) -> Iterator[str]:
    """A line for each argument, which refuses what the formula does not hold for."""
    for name, (least, step) in _leasts(form).items():
        if name in arguments:
            steps = f", {step}" if step else ""
            line = f'_check("{name}", {name}, {least}{steps})\n'
            yield line if "num_heads" in arguments else line.replace("2 * num_heads", "2")
    if "guidance" in arguments:
        yield CHECK_GUIDANCE


def _returned(expressions: Mapping[str, Whole], form: ClosedForm) -> str:
    """A dict of expressions."""
    lines = [f"{name!r}: {_value(value, form)},\n" for name, value in expressions.items()]
    return "{\n" + indent("".join(lines), "    ") + "}"


def _value(value: Whole, form: ClosedForm) -> str:
    """An expression, with its common factor taken out, over several lines if it is long."""
    if not isinstance(value, Expression):
        return str(value)
    found = summed(value, form)
    common, rest = found.factored()
    text = f"{common} * ({rest})" if len(rest.products) > 1 and str(common) != "1" else str(found)
    if found.divisor > 1:
        text = f"({text}) // {found.divisor}"
    if len(text) <= WIDTH - 20:
        return text
    # Lines break before + and -, and after commas.
    whole = re.sub(r"(?<=[*/]) | (?=[*/])|(?<= [+-]) ", "\N{NO-BREAK SPACE}", text)
    lines = wrap(whole, WIDTH - 12, break_long_words=False, break_on_hyphens=False)
    written = "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")
    return "(\n" + indent(written, "    ") + "\n)"
