"""The keys of overrides: what can be set, and the short forms that people write."""

import re
from collections.abc import Iterable, Iterator

from wanmeter.configs import option, option_names, tried_keys, words
from wanmeter.errors import ConfigError, UnknownNameError, WanmeterError, shown
from wanmeter.hardware import device_option
from wanmeter.models import SECTIONS
from wanmeter.structuring import STAGES_KEY, section_keys

SIZE_KEY = "size"
"""Short for the width and the height: `size=1280x720`."""

SIDES = ("workload.width", "workload.height")
"""The keys that a size sets."""

IMAGE_SIZE_KEY = "image_size"
"""The size of the image that a video is made from: it gives the video's own."""

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
        known = (*SECTIONS, STAGES_KEY, SIZE_KEY, IMAGE_SIZE_KEY, *SHORT, *dict.fromkeys(fields))
    tried = tried_keys().get(name.lower(), "")
    remedy = f"write {tried}" if tried else ""
    raise UnknownNameError("key", key, known, listed_by="`wanmeter list keys`", remedy=remedy)


def full_overrides(overrides: Iterable[str], presets: str = "") -> tuple[str, ...]:
    """Overrides in full: keys with their sections, options by their names, a size as two keys.

    A short name of a workload means one whose name begins with `presets`, if there is one.

    Raises:
        UnknownNameError: an unknown key or option.
        ConfigError: a key or an option that could be several, or a size that is none.
    """
    return tuple(full for text in overrides for full in _full(text, presets))


def _full(text: str, presets: str) -> Iterator[str]:
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not re.fullmatch(r"[\w.]+", key):
        yield text  # refused where it is parsed
    elif key == IMAGE_SIZE_KEY:
        size(key, value)  # `configure` makes the video's size of it
    elif (key == SIZE_KEY or key in SECTIONS) and re.match(r"[^\[{]*,", value):
        yield text  # a sweep, refused or taken where it is parsed
    elif key == SIZE_KEY:
        yield from (
            f"{side}={pixels}" for side, pixels in zip(SIDES, size(key, value), strict=True)
        )
    elif key in SECTIONS:
        name = value.strip().strip(QUOTES)
        yield f"{key}={option(key, name, presets if key == 'workload' else '')}"
    else:
        yield f"{full_key(key)}={value}"


QUOTES = "\"'"


def size(key: str, given: object) -> tuple[int, int]:
    """The width and the height in `1280x720`, or in a pair of ints."""
    text = "x".join(map(str, given)) if isinstance(given, tuple | list) else str(given)
    found = re.fullmatch(r"([1-9]\d{0,18})x([1-9]\d{0,18})", text.strip().strip(QUOTES))
    if found is None:
        raise ConfigError(key, f"got {shown(given)}; allowed: WIDTHxHEIGHT, such as 1280x720")
    return int(found[1]), int(found[2])


def meant(word: str) -> str | None:
    """The override that a word without `=` stands for: `model=t2v-14b`, `size=1280x720`; `None` if it is none."""
    if re.fullmatch(r"\d+x\d+", word):
        return f"{SIZE_KEY}={word}"
    for group in ("model", "workload", "device", "profile", "placement"):
        if word == group or _is_option(group, word):
            return f"{group}={'NAME' if word == group else word}"
    try:
        return f"{word}={'NAME' if full_key(word) in SECTIONS else 'VALUE'}"
    except WanmeterError:
        return None


def _is_option(group: str, word: str) -> bool:
    """Whether a word is an option's name, or how the names of several end."""
    wanted = words(word)
    if wanted and any(words(name)[-len(wanted) :] == wanted for name in option_names(group)):
        return True
    try:
        return bool(device_option(word) if group == "device" else option(group, word))
    except WanmeterError:
        return False
