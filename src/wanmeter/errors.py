"""The errors that wanmeter raises; all derive from `WanmeterError`.

Each builds its message from its fields: where the problem is, what was given, what is allowed and, if
there is one, the nearest valid value.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from reprlib import Repr

from attrs import define, field

_REPR = Repr()
_REPR.maxlevel = 3
_REPR.maxdict = _REPR.maxlist = _REPR.maxtuple = 20
_REPR.maxlong = _REPR.maxstring = _REPR.maxother = 400


def shown(value: object) -> str:
    """A shortened `repr`, safe for huge, deep and self-referencing values."""
    try:
        return _REPR.repr(value)
    # A third party's __repr__ may raise anything; an int's raises if it has too many digits.
    except Exception:
        return f"a {type(value).__name__} that cannot be written down"


def printable(text: str) -> str:
    """`text` on one line, with unprintable characters escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shortened(text: str, most: int) -> str:
    """`text` on one line; if it is longer than `most` characters, its middle is cut out."""
    line = printable(text)
    return line if len(line) <= most else f"{line[: most // 2]} ... {line[-most // 2 :]}"


def _at(where: str, problem: str) -> str:
    """A problem and its place, both shortened: either may quote the input."""
    return f"{shortened(where, 400)}: {shortened(problem, 2000)}"


MAX_CLOSE = 3
"""Names that it asks about."""

MAX_LISTED = 12
"""Known names that an `UnknownNameError` lists."""


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


class WanmeterError(Exception):
    """Base of all errors raised by wanmeter."""


@define(str=False)
class InvalidValueError(WanmeterError, ValueError):
    """A value that is not allowed; `nearest` has the nearest valid ones."""

    where: str
    given: object
    allowed: str
    nearest: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """The last part of `where`: the field's own name."""
        return self.where.rpartition(".")[2]

    @property
    def problem(self) -> str:
        """What was given and what is allowed, without the place."""
        problem = f"got {shown(self.given)}; allowed: {self.allowed}"
        if self.nearest:
            problem += f"; nearest valid: {' and '.join(map(str, self.nearest))}"
        return problem

    def __str__(self) -> str:
        return _at(self.where, self.problem)


@define(str=False)
class UnknownNameError(WanmeterError, LookupError):
    """An unknown name. `known` lists the names that exist; `listed_by` is a command that does.

    A `remedy` says what to write, where that is known; else the nearest names do.
    """

    what: str
    given: object
    known: tuple[str, ...] = field(converter=_sorted)
    listed_by: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return shortened(
            f"unknown {self.what} {shown(self.given)}; {self.remedy or self._told()}", 4000
        )

    def _told(self) -> str:
        """The nearest names, the known ones if they are few, and what lists them."""
        close, told = self._close(), []
        if close:
            told += [f"did you mean {' or '.join(map(repr, close))}?"]
        if not close or len(self.known) <= MAX_LISTED:
            more = len(self.known) - MAX_LISTED
            listed = ", ".join(self.known[:MAX_LISTED]) or "none"
            told += [f"known: {listed}" + (f" and {more} more" if more > 0 else "")]
        if self.listed_by:
            told += [f"({self.listed_by} lists all)"]
        return " ".join(told)

    def _close(self) -> list[str]:
        """The names that begin so, then those that are spelt alike."""
        given = shown(self.given).strip("'")
        begun = [name for name in self.known if given and name.startswith(given.lower())]
        alike = get_close_matches(given, self.known, n=MAX_CLOSE, cutoff=0.72)
        return list(dict.fromkeys([*begun, *alike]))[:MAX_CLOSE]


@define(str=False)
class ConfigError(WanmeterError):
    """A configuration that cannot be composed or structured."""

    where: str
    problem: str

    def __str__(self) -> str:
        return _at(self.where, self.problem)


@define(str=False)
class DocumentError(WanmeterError):
    """A report or a verification that cannot be read, or that belongs to another run."""

    where: str
    problem: str

    def __str__(self) -> str:
        return _at(self.where, self.problem)


@define(str=False)
class BackendError(WanmeterError):
    """A layer backend that cannot be loaded, or that broke its contract."""

    backend: str
    problem: str

    def __str__(self) -> str:
        return f"backend {self.backend!r}: {self.problem}"


@define(str=False)
class OutputError(WanmeterError):
    """A file that could not be written; an existing file is left unchanged."""

    path: str
    problem: str

    def __str__(self) -> str:
        path = "standard output" if self.path == "-" else self.path
        return f"cannot write {_at(path, self.problem)}"


@define(str=False)
class MissingExtraError(WanmeterError, ImportError):
    """A feature whose packages are not installed; `extra` installs them."""

    what: str
    missing: tuple[str, ...]
    extra: str

    @classmethod
    def of(cls, what: str, error: ModuleNotFoundError, extra: str) -> "MissingExtraError":
        """The error for a failed import: the missing package is the module's top-level name."""
        return cls(what, (str(error.name).partition(".")[0],), extra)

    def __str__(self) -> str:
        return f"{self.what} needs {', '.join(self.missing)}: pip install 'wanmeter[{self.extra}]'"


@define(str=False)
class ClosedFormError(WanmeterError):
    """A cost without a closed form: a formula branches on the workload, or leaves the supported arithmetic."""

    problem: str

    def __str__(self) -> str:
        return f"no closed form: {shortened(self.problem, 300)}"


@define(str=False)
class MeasurementError(WanmeterError):
    """A run that cannot be measured, because its sizes exceed what torch supports."""

    problem: str

    def __str__(self) -> str:
        return f"the real models cannot run this: {self.problem}"
