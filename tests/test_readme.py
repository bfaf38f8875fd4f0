"""The README's commands and numbers are correct."""

import re
import shlex
from html import escape
from pathlib import Path

from click.testing import CliRunner

from wanmeter import configure
from wanmeter.cli.main import main
from wanmeter.configs import option_names
from wanmeter.render.figures import draw

PROJECT = Path(__file__).parent.parent
README = (PROJECT / "README.md").read_text()
FIGURES = ("flops", "frames")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_table_is_real_output():
    (console,) = blocks("console")
    command, _, output = console.partition("\n")
    arguments = command.removeprefix("$ wanmeter ").split()
    assert CliRunner().invoke(main, arguments).stdout == output


def test_the_python_runs_and_its_numbers_are_true():
    scope, stated = {}, 0
    for code in blocks("python"):
        exec(code, scope)
        for expression, number in re.findall(r"^(\S.*?)  # ([\d,]+\d)", code, flags=re.MULTILINE):
            assert f"{eval(expression, scope):,}" == number
            stated += 1
    assert stated == 2


def test_every_wanmeter_command_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = [
        shlex.split(line, comments=True)[1:]
        for block in blocks("sh")
        for line in block.splitlines()
        if line.startswith("wanmeter ")
    ]
    assert commands
    for arguments in commands:
        if arguments[0] == "verify" and arguments[1] != "core":
            continue  # needs torch
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output


def test_every_model_is_named():
    assert all(f"`{model}`" in README for model in option_names("model"))


def test_what_an_eager_run_adds_is_what_was_measured():
    """The page's tables are compared with measurements where torch is; the README with the page here."""
    page = (Path(__file__).parent.parent / "docs" / "verification.md").read_text()
    traffic, peaks = re.findall(r"\| transformer, bfloat16, 14B, 720p \| (.*) \|", page)
    cost, *_, eager, _ = traffic.split(" | ")
    bytes_moved = [f"{float(gib.replace(',', '')):,.0f}" for gib in (cost, eager)]
    cost, *_, eager, _ = peaks.split(" | ")
    peak = [f"{float(gib):.2f}" for gib in (cost, eager)]
    text = " ".join(README.split())
    assert f"moves {bytes_moved[0]} GiB by the conventions above, and {bytes_moved[1]} GiB" in text
    assert f"activations peak at {peak[0]} GiB, and {peak[1]} GiB" in text


def test_the_figures_are_of_this_version_and_say_what_the_readme_says():
    drawn = {each.name: each for each in draw(configure("wan2_1_t2v_14b", "wan2-1-720p"), FIGURES)}
    for alt, path in re.findall(r"!\[(.+?)\]\((docs/figures/.+?)\)", README):
        figure = drawn[Path(path).stem]
        text = (PROJECT / path).read_text()
        assert all(escape(line) in text for line in (figure.caption.title, *figure.caption.lines))
        percent = re.search(r"[\d.]+(?= percent)", alt).group()
        assert f"{percent}%" in figure.alt
