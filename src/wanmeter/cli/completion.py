"""What a shell offers at TAB: keys and options of overrides, files and folders.

A shell asks at every TAB, so nothing here loads models or Hydra.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from wanmeter.configs import key_meanings, option, option_names
from wanmeter.errors import WanmeterError

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
"""What click calls for a parameter, with the text before the cursor."""

EXECUTION = ("profile", "placement", "parallel")
"""The sections of an execution, which only estimates take."""

SPECIAL = {
    "size": "width and height: 1280x720",
    "image_size": "of the image that gives the video's size",
    "stages": "stages to cost: [transformer,vae_decode]",
    "steps": "denoising steps",
}
"""Keys of a run without a section, and short ones."""

SPECIAL_EXECUTION = {"price_per_hour": "of one GPU"}

DEVICE = "device"
LAYER_IMPL = ("layer_impl", "transformer.layer_impl")


@cache
def known_keys(executes: bool = True) -> dict[str, str]:
    """Every key that an override may have, groups first, with its meaning; those of executions are left out if asked."""
    sections = {
        name: keys for name, keys in key_meanings().items() if executes or name not in EXECUTION
    }
    keys = {group: f"a packaged {group}" for group in _groups(executes)}
    keys |= SPECIAL | (SPECIAL_EXECUTION if executes else {})
    having = [key for each in sections.values() for key in each]
    for name, meanings in sections.items():
        for key, meaning in meanings.items():
            if key not in keys and (name == "workload" or having.count(key) == 1):
                keys[key] = meaning
    return keys | {
        f"{name}.{key}": meaning
        for name, meanings in sections.items()
        for key, meaning in meanings.items()
    }


def _groups(executes: bool) -> list[str]:
    """The groups whose options an override can choose, those that people ask for first."""
    asked = ["model", "workload", *([DEVICE, *EXECUTION] if executes else [])]
    return [*asked, *[each for each in key_meanings() if each not in (*asked, *EXECUTION)]]


def overrides(*, executes: bool) -> Complete:
    """Complete an override; `executes` if it may be one of an estimate."""

    def complete(_: click.Context, __: click.Parameter, given: str) -> list[CompletionItem]:
        key, equals, value = given.partition("=")
        keys = known_keys(executes)
        if not equals:
            offered = [each for each in keys if ("." in each) <= ("." in key)]
            if not key:  # too many
                offered = [*_groups(executes), *key_meanings()["workload"]]
            return [
                CompletionItem(f"{each}=", help=keys[each])
                for each in offered
                if each.startswith(key)
            ]
        if key not in keys:
            return []
        found = [CompletionItem(f"{key}={each}") for each in _values(key, value)]
        return found or ([CompletionItem(given, type="file")] if key == DEVICE else [])

    return complete


def _values(key: str, given: str) -> Iterable[str]:
    if key in LAYER_IMPL:
        return _backends(given)
    if key == DEVICE or key in key_meanings():
        return _options(key, given)
    return ()


def _backends(given: str) -> Iterable[str]:
    from wanmeter.backends import backend_names

    return [each for each in backend_names() if each.startswith(given)]


def _options(group: str, given: str) -> list[str]:
    """The options that begin so, or words of which do: `t2v_14b`. What stands between words may be any mark."""
    names = option_names(group)
    found = [given + name[len(given) :] for name in names if _same(name).startswith(_same(given))]
    if found:
        return found
    ends = [given + end[len(given) :] for name in names for end in _ends(name, given)]
    # A model of a family brings its own workload of a name.
    return sorted({end for end in ends if group == "workload" or _is_one(group, end)})


def _ends(name: str, given: str) -> Iterator[str]:
    """The ends of a name from one of its words on, of those that begin so."""
    for start in re.finditer(r"[-_]", name):
        if _same(end := name[start.end() :]).startswith(_same(given)):
            yield end


def _is_one(group: str, name: str) -> bool:
    try:
        return bool(option(group, name))
    except WanmeterError:
        return False


def _same(name: str) -> str:
    return re.sub(r"[-_.]", "_", name.lower())


def files(_: click.Context, __: click.Parameter, given: str) -> list[CompletionItem]:
    """Let the shell complete a file."""
    return [CompletionItem(given, type="file")]


def folders(_: click.Context, __: click.Parameter, given: str) -> list[CompletionItem]:
    """Let the shell complete a folder."""
    return [CompletionItem(given, type="dir")]


def layer_impls(_: click.Context, __: click.Parameter, given: str) -> list[CompletionItem]:
    """Complete a backend, or `both`."""
    names = ("both", *_backends(given))
    return [CompletionItem(each) for each in names if each.startswith(given)]


def sides(ctx: click.Context, param: click.Parameter, given: str) -> list[CompletionItem]:
    """Complete a side of a comparison: overrides, or a file."""
    found = overrides(executes=True)(ctx, param, given) if given else []
    return found or files(ctx, param, given)


def cells(_: click.Context, __: click.Parameter, given: str) -> list[CompletionItem]:
    """Complete the id of a cell of the official tables."""
    from wanmeter.published.tables import official_cells

    return [
        CompletionItem(cell.id, help=f"{cell.seconds} s")
        for cell in official_cells()
        if cell.id.startswith(given)
    ]


def names_of(ctx: click.Context, _: click.Parameter, given: str) -> list[CompletionItem]:
    """Complete a section or a device, after `wanmeter list keys` or `wanmeter list devices`."""
    names = {"keys": key_meanings(), "devices": option_names(DEVICE)}.get(ctx.params["what"], ())
    return [CompletionItem(each) for each in names if each.startswith(given)]


class Bash(BashComplete):
    """Bash splits words at `=`, completes what follows, and adds a space after a key unless told not to."""

    source_template = BashComplete.source_template.replace(
        "COMPREPLY+=($value)", "COMPREPLY+=($value); [[ $value == *= ]] && compopt -o nospace"
    )
    before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one to complete, and that one, each with its `=`."""
        args, incomplete = super().get_completion_args()
        words = [""]
        for word in (*args, incomplete):
            if word == "=" or words[-1].endswith("="):
                words[-1] += word
                self.before = words[-1].removesuffix(word) if word != "=" else words[-1]
            else:
                words.append(word)
                self.before = ""
        return words[1:-1], words[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """One line of what the script reads."""
        return f"{item.type},{item.value.removeprefix(self.before)}"


add_completion_class(Bash)
