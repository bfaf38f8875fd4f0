"""JSON from outside: read strictly, and refused by the name of its file."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from wanmeter.errors import WanmeterError

Blame = Callable[[str, str], WanmeterError]
"""Makes an error of where a problem is, and what it is."""

MOST_DIGITS = 1000
"""Of an integer. Costs have some twenty."""


def read_object(path: Path, *, limit: int, blame: Blame) -> dict[str, Any]:
    """The JSON object in a file of at most `limit` bytes."""
    try:
        if not path.exists():
            raise blame(str(path), "no such file")
        if not path.is_file():
            raise blame(str(path), "not a regular file")
        if path.stat().st_size > limit:
            raise blame(str(path), f"too large: more than {limit:,} bytes")
        text = path.read_bytes()
    except OSError as error:
        raise blame(str(path), error.strerror or str(error)) from error
    except ValueError as error:  # a null byte in the path
        raise blame(str(path), str(error)) from error
    return parse_object(text, where=str(path), blame=blame)


def parse_object(text: str | bytes, *, where: str, blame: Blame) -> dict[str, Any]:
    """The JSON object in a text: no key twice, and no number that JSON has no word for."""
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
    for key, count in Counter(key for key, _ in pairs).items():
        if count > 1:
            raise ValueError(f"the key {key!r} stands there {count} times")
    return dict(pairs)


def _integer(text: str) -> int:
    # What follows from it must still be one that Python writes down: its limit is 4,300 digits.
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits")
    return int(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")
