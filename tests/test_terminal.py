"""Text fits: words stay whole, columns go in their order, and a verdict is on the screen."""

import fcntl
import os
import pty
import shlex
import struct
import subprocess
import sys
import termios

import pytest
from rich.text import Text

from wanmeter.cli.output import to_text
from wanmeter.terminal import PROSE, SCREEN, WHOLE, Answered, Pasted, PlainTable, Prose, width

COLUMNS = ("name", "one", "two", "three")


def table(**options):
    made = PlainTable(COLUMNS, left=["name"], **options)
    made.add_row("first", "1", "22", "333")
    made.add_row("second", "1,000", "", "3")
    return made


def at(columns, renderable, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    return to_text(renderable).splitlines()


def test_a_table_is_aligned_and_has_no_blanks_at_the_end(monkeypatch):
    """Columns are 6, 5, 3 and 5 wide, and two blanks apart."""
    assert at(25, table(), monkeypatch) == [
        "name      one  two  three",
        "first       1   22    333",
        "second  1,000           3",
    ]


def test_columns_go_in_their_order_before_anything_wraps(monkeypatch):
    """All need 25; without `two` 20, and without `one` too 13."""
    dropping = table(drop=["two", "one"])
    assert at(24, dropping, monkeypatch)[0] == "name      one  three"
    assert at(20, dropping, monkeypatch)[0] == "name      one  three"
    assert at(19, dropping, monkeypatch)[:3] == ["name    three", "first     333", "second      3"]
    told = " ".join(at(19, dropping, monkeypatch)[3:])
    assert told == "Left out at 19 columns: two, one; all need 25."
    assert at(24, table(drop=["two"], noted=False), monkeypatch)[-1] == "second  1,000      3"


def test_a_row_is_told_where_nothing_else_fits(monkeypatch):
    assert at(12, table(drop=["two", "one"]), monkeypatch) == [
        "first: one",
        "  1, two 22,",
        "  three 333",
        "second: one",
        "  1,000,",
        "  three 3",
    ]


def test_prose_in_a_table_wraps_between_words(monkeypatch):
    made = PlainTable(("key", "meaning"), left=["key"], wrap=["meaning"])
    made.add_row("a.b", "a longer meaning, in words")
    assert at(24, made, monkeypatch) == ["key  meaning", "a.b  a longer meaning,", "     in words"]
    assert len(at(31, made, monkeypatch)) == 2


def test_markup_is_text(monkeypatch):
    made = PlainTable(("[b]key[/b]",), left=["[b]key[/b]"])
    made.add_row("[red]:smile:[/red]")
    assert at(80, made, monkeypatch) == ["[b]key[/b]", "[red]:smile:[/red]"]


@pytest.mark.parametrize("columns", [10, 40, 80, 200])
def test_prose_breaks_no_word_and_is_no_wider_than_it_reads(columns, monkeypatch):
    words = "a-compound-word-that-stays-whole and https://example.org/as/long/as/addresses/are " * 3
    lines = at(columns, Prose(words, hanging="  "), monkeypatch)
    assert " ".join(lines).split() == words.split()
    for line in lines:
        assert len(line) <= min(columns, PROSE) or len(line.split()) == 1


def test_a_verdict_is_repeated_below_more_than_a_screen(monkeypatch):
    def answered(lines):
        return Answered(Prose("yes"), [Text("\n".join("." * lines))], Prose("yes"))

    assert at(80, answered(SCREEN - 1), monkeypatch)[1:] == ["."] * (SCREEN - 1)
    assert at(80, answered(SCREEN), monkeypatch)[-3:] == [".", "", "yes"]


def test_a_pipe_and_a_file_have_all_columns_unless_columns_is_set(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert (width(), width("cost.txt")) == (WHOLE, WHOLE)
    for wrong in ("", "0", "wide", "-1"):
        monkeypatch.setenv("COLUMNS", wrong)
        assert (width(), width("cost.txt")) == (WHOLE, WHOLE)
    monkeypatch.setenv("COLUMNS", "61")
    assert (width(), width("cost.txt")) == (61, 61)


def in_a_terminal(columns, *arguments):
    """What a command writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    command = [sys.executable, "-m", "wanmeter", *arguments]
    with subprocess.Popen(command, stdout=theirs, env=environment) as running:
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:  # Linux says so that the other end is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(ours)
    assert running.returncode == 0
    text = b"".join(parts).decode().replace("\x1b[1m", "").replace("\x1b[2m", "")
    return text.replace("\x1b[0m", "").splitlines()


@pytest.mark.parametrize("columns", [50, 100])
def test_a_terminal_has_its_own_width(columns):
    lines = in_a_terminal(columns, "show", "--depth", "1", "workload=tiny")
    assert columns - 25 < max(map(len, lines)) <= columns
    assert ("copies" in " ".join(lines[:8])) == (columns == 100)


def test_a_formula_is_whole_in_a_pipe_and_wraps_in_a_terminal():
    command = ["formula", "stages=[transformer]"]
    piped = subprocess.run(
        [sys.executable, "-m", "wanmeter", *command], capture_output=True, text=True, check=True
    ).stdout
    shown = in_a_terminal(60, *command)
    assert max(map(len, shown)) <= 60
    assert " ".join(shown).split() == piped.split()
    assert piped.splitlines()[-1].startswith("total = ")


def test_a_command_is_one_that_a_shell_reads():
    """Every line but the last ends in a backslash, and none is longer than prose."""
    words = ["wanmeter", "stages=[a, b]", *(f"key_of_a_model={number}" for number in range(20))]
    text = to_text(Pasted(words))
    lines = text.splitlines()
    assert len(lines) > 2
    assert all(line.endswith("\\") and len(line) <= PROSE for line in lines[:-1])
    assert shlex.split(text.replace("\\\n", "")) == words
