"""Lists every error text in the package's source, for review: `python -m tests.error_texts`."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import wanmeter

SOURCE = Path(wanmeter.__file__).parent


class Raised(NamedTuple):
    """An error that is made in the source."""

    place: str
    name: str
    arguments: tuple[ast.expr, ...]

    @property
    def text(self) -> str:
        """What it says, names standing for values."""
        return " | ".join(map(_text, self.arguments))


def raised() -> Iterator[Raised]:
    """Every error of the package's own that its modules make, in order."""
    own = {name for name in dir(wanmeter) if name.endswith("Error")}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=arguments) if name in own:
                    place = f"{path.relative_to(SOURCE)}:{node.lineno}"
                    yield Raised(place, name, tuple(arguments))


def _text(node: ast.expr) -> str:
    """A text without its quotes; anything else as it is written, in braces."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_text, parts))
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value)}}}"
        case _:
            return f"{{{ast.unparse(node)}}}"


if __name__ == "__main__":
    for each in raised():
        print(f"{each.place}: {each.name}: {each.text}")
