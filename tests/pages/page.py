"""Reads the README and the documentation, and puts into them what commands print and functions compute.

Three things on a page are written, not typed:

- in a `console` block, what each command prints below it; `| head -n 9` and `| tail -n 9` take a part;
- between `<!-- written: NAME -->` and `<!-- end -->`, a table that a function computes;
- the alternative text of an SVG figure, which is the figure's title.
"""

import re
import shlex
import subprocess
import sys
from html import unescape
from pathlib import Path

from click.testing import CliRunner

from wanmeter.cli.main import main

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
PAGES = (README, *sorted((PROJECT / "docs").glob("*.md")))

BLOCK = re.compile(r'^```(\w+)(?: title="(.+?)")?\n(.*?)^```$', flags=re.M | re.S)
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", flags=re.M | re.S)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n(?:(?!\$ ).*\n)*", flags=re.M)
PART = re.compile(r"(?<=^<!-- written: )(.+?)( -->\n).*?(?=^<!-- end -->$)", flags=re.M | re.S)
FIGURE = re.compile(r"!\[[^\]]*\]\(([^)]+\.svg)\)")


def blocks(text):
    """The language, the title and the text of each block of code."""
    return BLOCK.findall(text)


def parts(text):
    """The names of the tables that functions write."""
    return [name for name, _ in PART.findall(text)]


def with_part(text, name, table):
    """The text, with a table in its place."""
    return PART.sub(
        lambda found: f"{name}{found[2]}\n{table.strip()}\n\n" if found[1] == name else found[0],
        text,
    )


def with_outputs(text):
    """The text, with what the commands in its `console` blocks print now."""
    return CONSOLE.sub(lambda block: console(block[0]), text)


def console(text):
    """The text of a `console` block, with what its commands print now."""
    return COMMAND.sub(lambda found: f"$ {found[1]}\n{printed(found[1])}", text)


def with_titles(text, folder):
    """The text of a page in a folder, with the titles of its figures."""
    return FIGURE.sub(lambda found: f"![{title_of(folder / found[1])}]({found[1]})", text)


def title_of(figure):
    """The title of an SVG file."""
    return unescape(re.search("<title>(.*?)</title>", figure.read_text(), flags=re.S)[1])


def printed(command):
    """What a command prints where lines have 80 columns."""
    command, *cuts = command.replace("\\\n", "").split(" | ")
    output = _run(*shlex.split(command))
    for cut in cuts:
        program, option, number = cut.split()
        lines = output.splitlines(keepends=True)
        lines = {"head": lines[: int(number)], "tail": lines[-int(number) :]}[program]
        assert option == "-n"
        output = "".join(lines)
    return output


def _run(program, *arguments):
    if program == "python":  # a program of the project
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
        return done.stdout
    assert program == "wanmeter", program
    done = CliRunner(env={"COLUMNS": "80"}).invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0 or "Error: " in done.stderr, done.output
    return done.output
