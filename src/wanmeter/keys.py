"""The keys of overrides: what can be set, and the short forms that people write."""

import re
from collections.abc import Iterable, Iterator

from wanmeter.configs import option
from wanmeter.errors import ConfigError, UnknownNameError, shown
from wanmeter.models import SECTIONS
from wanmeter.structuring import STAGES_KEY, section_keys

SIZE_KEY = "size"
"""Short for the width and the height: `size=1280x720`."""

SHORT = {"steps": "num_inference_steps"}
"""Keys by another name."""


def full_key(key: str) -> str:
    """A key with its section: `workload.num_frames` of `num_frames`. Groups and `stages` are keys already.

    `workload` comes first where several sections have the key.

    Raises:
        UnknownNameError: no section has the key.
        ConfigError: several sections have it.
    """
    if key in SECTIONS or key == STAGES_KEY:
        return key
    section, dot, name = key.rpartition(".")
    name = SHORT.get(name, name)
    if section in SECTIONS and name in section_keys(section):
        return f"{section}.{name}"
    having = [each for each in SECTIONS if name in section_keys(each)]
    if not dot and "workload" in having:
        return f"workload.{name}"
    if not dot and len(having) == 1:
        return f"{having[0]}.{name}"
    if having:
        candidates = ", ".join(f"{each}.{name}" for each in having)
        raise ConfigError(
            key, f"no such key; could be {candidates}" if dot else f"could be {candidates}"
        )
    if section in SECTIONS:
        known = tuple(f"{section}.{each}" for each in section_keys(section))
    else:
        fields = (each for section in SECTIONS for each in section_keys(section))
        known = (*SECTIONS, STAGES_KEY, SIZE_KEY, *SHORT, *dict.fromkeys(fields))
    raise UnknownNameError("key", key, known, listed_by="`wanmeter list keys`")


def full_overrides(overrides: Iterable[str]) -> tuple[str, ...]:
    """Overrides in full: keys with their sections, options by their names, a size as two keys.

    Raises:
        UnknownNameError: an unknown key or option.
        ConfigError: a key or an option that could be several, or a size that is none.
    """
    return tuple(full for text in overrides for full in _full(text))


def _full(text: str) -> Iterator[str]:
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not re.fullmatch(r"[\w.]+", key):
        yield text  # refused where it is parsed
    elif (key == SIZE_KEY or key in SECTIONS) and re.match(r"[^\[{]*,", value):
        yield text  # a sweep, refused or taken where it is parsed
    elif key == SIZE_KEY:
        width, height = size(value)
        yield f"workload.width={width}"
        yield f"workload.height={height}"
    elif key in SECTIONS:
        yield f"{key}={option(key, value.strip().strip(QUOTES))}"
    else:
        yield f"{full_key(key)}={value}"


QUOTES = "\"'"


def size(text: str) -> tuple[int, int]:
    """The width and the height in `1280x720`."""
    found = re.fullmatch(r"(\d{1,19})x(\d{1,19})", text.strip().strip(QUOTES))
    if found is None:
        raise ConfigError(SIZE_KEY, f"got {shown(text)}; allowed: WIDTHxHEIGHT, such as 1280x720")
    return int(found[1]), int(found[2])
