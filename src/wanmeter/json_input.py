"""Strict reading of JSON input; errors name the file."""

import json
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from wanmeter.errors import WanmeterError, shown

Blame = Callable[[str, str], WanmeterError]
"""Makes an error from a place and a problem."""

MAX_DIGITS = 1000
"""Longest integer accepted, in digits. Numbers computed from it stay below 4,300, the most that Python
prints. Costs have about twenty."""


def read_object(path: Path, *, limit: int, blame: Blame) -> dict[str, Any]:
    """Read the JSON object in a regular file of at most `limit` bytes; `blame` makes the errors."""
    where = str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would block
            raise blame(where, "not a regular file")
        with path.open("rb") as file:
            text = file.read(limit + 1)
    except FileNotFoundError as error:
        raise blame(where, "no such file") from error
    except OSError as error:
        raise blame(where, error.strerror or str(error)) from error
    except ValueError as error:  # a null byte in the path
        raise blame(where, str(error)) from error
    return parse_object(text, where=where, limit=limit, blame=blame)


def parse_object(text: str | bytes, *, where: str, limit: int, blame: Blame) -> dict[str, Any]:
    """Parse a JSON object of at most `limit` bytes; duplicate keys, NaN and infinities are refused."""
    if not isinstance(text, str | bytes):
        raise blame(where, f"got {shown(text)}; allowed: a text")
    if len(text) > limit:
        raise blame(where, f"too large: more than {limit:,} bytes")
    try:
        values = json.loads(
            text, parse_constant=_refuse, parse_int=_integer, object_pairs_hook=_distinct
        )
    except (ValueError, RecursionError) as error:
        raise blame(where, f"not JSON: {error}") from error
    if not isinstance(values, dict):
        raise blame(where, "not a JSON object")
    return values


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        ((key, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"duplicate key {shown(key)}")
    return values


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits")
    return int(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")
