"""Hostile inputs, kind by kind: most begin as valid ones, so that they get past the first check."""

import json
import os
from copy import deepcopy

from hypothesis import strategies as st

from tests import folders
from tests.hostile.guard import CANARY
from tests.sections import sections_of
from wanmeter import configure, meter
from wanmeter.configs import option_names
from wanmeter.structuring import SECTIONS, section_keys

EVIL = (
    f"${{oc.env:{CANARY}}}",
    f"${{oc.create:${{oc.env:{CANARY}}}}}",
    f"'${{oc.decode:${{oc.env:{CANARY}}}}}'",
    f"${{hydra:runtime.cwd}}{CANARY}",
    "${workload.height}",
    "${",
    f"__import__('builtins').__dict__.update({CANARY}=1)",
    f"!!python/object/apply:os.system ['touch {CANARY}']",
    f"os.system('{CANARY}')",
    f"{{_target_: os.system, command: 'touch {CANARY}'}}",
    f"[{CANARY}]",
    f"/tmp/{CANARY}",
    "../../../../etc/passwd",
    "-o",
    "--help",
    "\x00",
    "\x1b[2J",
    "a\nb",
    "\u202eabc",
    "\ud800",
    "\u0131",
    "\uff11\uff12",
    "\u0663",
    "\u00b2",
    "NaN",
    "inf",
    "1e400",
    "0x10",
    "1_000",
    "???",
    "null",
    "~",
    "",
    " ",
    "=" * 50,
    "[" * 3000,
    "{a:" * 500,
    "9" * 5000,
    "x" * 20_000,
)
"""Texts that some parser somewhere would have done something with."""

texts = st.one_of(st.sampled_from(EVIL), st.text(max_size=30))
integers = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 1, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, 10**999]),
    st.just(None).map(lambda _: 10**5000),  # hypothesis could not write it down either
    st.integers(1, 200),
)
scalars = st.one_of(
    st.none(), st.booleans(), integers, st.floats(), st.sampled_from([1.0, 16.0]), texts
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
"""What JSON and YAML can say, and what they cannot."""


def nested(depth):
    """A list in a list in a list."""
    value = []
    for _ in range(depth):
        value = [value]
    return value


def cyclic():
    """A list that holds itself."""
    value = []
    value.append(value)
    return value


class Untold:
    """An object whose `__repr__` fails."""

    def __repr__(self):
        raise RuntimeError(CANARY)


class Liar(int):
    """An int by inheritance only."""

    def __index__(self):
        return 5


def dumped(value):
    """A value as JSON, or as what calls itself so."""
    try:
        return json.dumps(value)
    except (RecursionError, ValueError):
        return "[" * 50_000


objects = st.one_of(
    values,
    st.builds(nested, st.integers(100, 5000)),
    st.builds(cyclic),
    st.builds(Untold),
    st.builds(Liar, st.integers(1, 100)),
    st.binary(max_size=8),
    st.sampled_from([int, print, object(), float("nan"), 3 + 4j, range(3), {1}, Exception("a")]),
)
"""What a caller in Python can hand over."""

# Overrides.

KEYS = [f"{section}.{key}" for section in SECTIONS for key in section_keys(section)]
GRAMMAR = [*"=[]{}()'\"\\:,.+~@#$%&|*<>! \t\n", "${", "++", "int(", "range(", "_target_", "oc.env:"]


keys = st.one_of(
    st.sampled_from([*KEYS, *KEYS, *SECTIONS, "stages"]),
    st.sampled_from(KEYS).flatmap(lambda key: texts.map(lambda more: f"{key}.{more}")),
    st.sampled_from([f"hydra.run.dir={CANARY}", "workload._target_", "_target_", "hydra/launcher"]),
    texts,
)
typed = st.one_of(
    values.map(lambda value: value if isinstance(value, str) else dumped(value)),
    st.sampled_from([*option_names("model"), *option_names("workload")]),
)
overrides = st.lists(
    st.one_of(
        st.tuples(keys, st.sampled_from(["=", "=", "=", "", "==", ":"]), typed).map("".join),
        st.lists(
            st.one_of(st.sampled_from([*GRAMMAR, *KEYS[:5], CANARY, "5"]), texts), max_size=12
        ).map("".join),
    ),
    max_size=4,
)
"""What a command line can carry."""

# Configurations of other applications.

RUN = configure("wan2_1_vace_1_3b", "wan2-1-ci-tiny")
CONFIGURATION = {**sections_of(RUN), "stages": None}
YAML = (
    "workload: &a [*a]",
    "workload: {<<: *b}",
    "a: &a {b: *a}",
    "&a [&b [*a, *b], *a]",
    "workload: {height: 16, height: 32}",
    "workload: {height: .nan, width: .inf}",
    f"workload: {{height: !!python/name:{CANARY} ''}}",
    f"workload: {{height: !!python/object/apply:os.system ['touch {CANARY}']}}",
    f"workload: {{height: !include /etc/passwd, width: !ENV ${{{CANARY}}}}}",
    f"workload: {{height: '${{oc.env:{CANARY}}}'}}",
    f"_target_: os.system\ncommand: touch {CANARY}",
    "workload: ${workload}",
    "workload: {height: ${workload.width}, width: ${workload.height}}",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nworkload: [*c, *c, *c]",
    "1: 2",
    "? [a]\n: b",
    "--- 1\n--- 2",
    "%YAML 9.9\n---\na: b",
    "workload: 2026-11-24",
    "workload: !!binary aGFsbG8=",
)
"""Documents that YAML has its pitfalls for."""


@st.composite
def edited(draw, document, replacements, *, edits=3):
    """A copy of a JSON-like document, a few of its values replaced, left out or added."""
    document = deepcopy(document)
    for _ in range(draw(st.integers(1, edits))):
        place = document
        while True:
            if not place:
                break
            if isinstance(place, dict):
                key = draw(st.sampled_from(sorted(place, key=repr)))
            else:
                key = draw(st.integers(0, len(place) - 1))
            deeper = isinstance(place[key], dict | list) and place[key]
            if deeper and draw(st.integers(0, 4)):
                place = place[key]
                continue
            match draw(st.sampled_from(["replace", "replace", "replace", "remove", "add"])):
                case "replace":
                    place[key] = draw(replacements)
                case "remove":
                    del place[key]
                case "add" if isinstance(place, dict):
                    place[draw(texts)] = draw(replacements)
                case "add":
                    place.append(draw(replacements))
            break
    return document


configurations = edited(CONFIGURATION, objects)
"""What a caller in Python can hand to `structure`."""

# Model folders.

FOLDERS = (
    (folders.official, "wan2_1_t2v_1_3b"),
    (folders.official, "wan2_1_vace_1_3b"),
    (folders.diffusers, "wan2_1_i2v_14b"),
    (folders.diffusers, "wan2_1_vace_14b"),
)
PLANTS = (
    "edit",
    "edit",
    "edit",
    "bytes",
    "link",
    "loop",
    "folder",
    "pipe",
    "device",
    "huge",
    "gone",
)

json_values = st.one_of(values, st.builds(nested, st.integers(10, 2000)))


@st.composite
def model_folders(draw, root):
    """A folder of a model, made under `root`, with something planted in it."""
    make, name = draw(st.sampled_from(FOLDERS))
    folder = make(root, name)
    path = draw(st.sampled_from(sorted(folder.rglob("*.json"))))
    plant = draw(st.sampled_from(PLANTS))
    if plant == "edit":
        path.write_text(dumped(draw(edited(json.loads(path.read_text()), json_values))))
        return folder
    path.unlink()
    match plant:
        case "bytes":
            path.write_bytes(draw(st.binary(max_size=200)))
        case "link":
            path.symlink_to(
                draw(st.sampled_from(["/etc/passwd", "nowhere", "..", "/proc/self/mem"]))
            )
        case "loop":
            path.symlink_to(path)
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to(draw(st.sampled_from(["/dev/zero", "/dev/stdin", "/dev/tty"])))
        case "huge":
            with path.open("wb") as file:
                file.truncate(100 * 2**20)
    return folder


# Documents.

REPORT = json.loads(meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", stages=["transformer"]).to_json())


@st.composite
def documents(draw, document):
    """A document of ours as text, damaged in some way."""
    text = dumped(draw(edited(document, json_values)))
    match draw(st.sampled_from(["edited", "edited", "cut", "twice", "bytes", "swapped", "whole"])):
        case "cut":
            return text[: draw(st.integers(0, len(text)))]
        case "twice":
            return text.replace('"flops"', '"params"', draw(st.integers(1, 3)))
        case "bytes":
            at = draw(st.integers(0, len(text)))
            return text[:at].encode() + draw(st.binary(max_size=5)) + text[at:].encode()
        case "swapped":
            number = draw(st.sampled_from(["NaN", "Infinity", "-1", "1.0", "1e3", "01", "true"]))
            return text.replace(": 0", f": {number}", 1)
        case "whole":
            return json.dumps(document)
    return text


# Workloads.

FIELDS = (
    "batch_size",
    "num_frames",
    "height",
    "width",
    "num_inference_steps",
    "guidance",
    "text_len",
    "num_reference_images",
)
workloads = st.fixed_dictionaries(
    {},
    optional={
        "batch_size": st.one_of(st.integers(1, 2**63 - 1), objects),
        "num_frames": st.one_of(st.integers(0, 300).map(lambda k: 4 * k + 1), objects),
        "height": st.one_of(st.integers(1, 1100).map(lambda k: 16 * k), objects),
        "width": st.one_of(st.integers(1, 1100).map(lambda k: 16 * k), objects),
        "num_inference_steps": st.one_of(st.integers(1, 2**63 - 1), objects),
        "guidance": st.one_of(st.booleans(), objects),
        "text_len": st.one_of(st.integers(1, 2**63 - 1), objects),
        "num_reference_images": st.one_of(st.integers(0, 3), objects),
        "steps": objects,
    },
)
"""Fields of a workload, right and wrong."""
