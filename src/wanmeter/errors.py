"""The error tree: everything wanmeter raises on purpose is a `WanmeterError`.

Errors carry fields; the message is built from them. Each names where the problem is, what was given,
what is allowed and, where there is one, the nearest valid value.
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
    """A value as an error shows it: short, whatever it is, and however deep or often it holds itself."""
    try:
        return _REPR.repr(value)
    # Whatever a stranger's __repr__ may raise; of an int, that it has too many digits.
    except Exception:
        return f"a {type(value).__name__} that cannot be written down"


def printable(text: str) -> str:
    """A text on one line: what would break it, or cannot be written, is escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shortened(text: str, most: int) -> str:
    """A text on one line, its middle left out where it is longer than anybody reads."""
    line = printable(text)
    return line if len(line) <= most else f"{line[: most // 2]} ... {line[-most // 2 :]}"


def _at(where: str, problem: str) -> str:
    """A problem and its place. Either may hold what an input said."""
    return f"{shortened(where, 400)}: {shortened(problem, 2000)}"


MOST_LISTED = 100
"""Of the names that are known. Packaged options and the keys of all sections are fewer."""


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


class WanmeterError(Exception):
    """Base of all errors raised by wanmeter."""


@define(str=False)
class InvalidValueError(WanmeterError, ValueError):
    """A value that is not allowed where it was given."""

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
    """A name that nothing known goes by; `known` lists what does."""

    what: str
    given: object
    known: tuple[str, ...] = field(converter=_sorted)

    def __str__(self) -> str:
        close = get_close_matches(shown(self.given).strip("'"), self.known, n=1, cutoff=0.72)
        hint = f"did you mean {close[0]!r}? " if close else ""
        listed = ", ".join(self.known[:MOST_LISTED]) or "none"
        if len(self.known) > MOST_LISTED:
            listed += f" and {len(self.known) - MOST_LISTED} more"
        unknown = f"unknown {self.what} {shown(self.given)}; {hint}known: {listed}"
        return shortened(unknown, 4000)


@define(str=False)
class ConfigError(WanmeterError):
    """A configuration that cannot be composed or structured."""

    where: str
    problem: str

    def __str__(self) -> str:
        return _at(self.where, self.problem)


@define(str=False)
class DocumentError(WanmeterError):
    """A report or a verification that cannot be read from its file, or that belongs to something else."""

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
    """A file that could not be written; whatever stood there before is untouched."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"cannot write {_at(self.path, self.problem)}"


@define(str=False)
class MissingExtraError(WanmeterError, ImportError):
    """What was asked for needs packages that are not installed; `extra` brings them."""

    what: str
    missing: tuple[str, ...]
    extra: str

    @classmethod
    def of(cls, what: str, error: ModuleNotFoundError, extra: str) -> "MissingExtraError":
        """What `what` needs, by the import that failed: the package of its module."""
        return cls(what, (str(error.name).partition(".")[0],), extra)

    def __str__(self) -> str:
        return f"{self.what} needs {', '.join(self.missing)}: pip install 'wanmeter[{self.extra}]'"


@define(str=False)
class ClosedFormError(WanmeterError):
    """A cost that has no closed form: its formulas ask what depends on the workload, or step outside."""

    problem: str

    def __str__(self) -> str:
        return f"no closed form: {self.problem}"


@define(str=False)
class MeasurementError(WanmeterError):
    """A run that the real models cannot be measured in: its sizes are beyond what torch can have."""

    problem: str

    def __str__(self) -> str:
        return f"the real models cannot run this: {self.problem}"
