"""The README and the documentation are correct: every page is run from top to bottom."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from html import escape
from types import ModuleType

import pytest
from attrs import asdict
from click.testing import CliRunner

import wanmeter
import wanmeter.layers
from tests.pages.page import PAGES, PROJECT, README, blocks, console, with_titles
from wanmeter import configure
from wanmeter.cli.main import main
from wanmeter.configs import option_names
from wanmeter.render.figures import draw

VALUE = re.compile(r"# ([\d,.]*\d\b|True\b|False\b|\(.*\)|\[.*\]|'.*')")
"""A comment that begins with a value says what the expression before it is."""


def shown(value):
    """A value as the pages write it: a number with separators, anything else as Python does."""
    return f"{value:,}" if type(value) is int else repr(value)


def run_python(text, scope):
    """Run a block, and compare every value that is stated in it."""
    stated = []
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Expr):
            exec(compile(ast.Module([node], []), scope["__name__"], "exec"), scope)
            continue
        value = eval(compile(ast.Expression(node.value), scope["__name__"], "eval"), scope)
        comment = text.splitlines()[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
        if said := VALUE.match(comment.strip()):
            assert shown(value) == said.group(1), ast.unparse(node)
            stated += [said.group()]
    assert len(stated) == len(VALUE.findall(text)), "a value that is no expression's"


def run_commands(text):
    """Run the lines that need neither torch nor a folder of the reader's."""
    for line in text.splitlines():
        program, *arguments = shlex.split(line, comments=True) or [""]
        needs_torch = arguments[:1] == ["verify"] and arguments[1] != "core"
        if program == "python":
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        elif program == "wanmeter" and not needs_torch and "DIR" not in arguments:
            done = CliRunner().invoke(main, arguments)
            assert done.exit_code == 0, f"{line}: {done.output}"


def write(path, text):
    """Write a file of the page. A project's entry points are registered, as its installation does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if path.name == "pyproject.toml":
        about = tomllib.loads(text)["project"]
        entries = [
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in names.items())
            for group, names in about["entry-points"].items()
        ]
        info = path.parent / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_text("\n".join(entries))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    scope = {"__name__": page.stem}
    found = blocks(page.read_text())
    for _, title, text in found:
        if title:
            write(tmp_path / title, text)
    for language, title, text in found:
        if title:
            continue
        if language == "python":
            run_python(text, scope)
        elif language == "sh":
            run_commands(text)
        elif language == "console":
            assert console(text) == text, "nox -s readme"


def test_commands_in_the_readmes_tables_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = re.findall(r"^\| .* \|$", README.read_text(), flags=re.M)
    commands = [each for row in rows for each in re.findall("`(wanmeter .+?)`", row)]
    assert commands
    run_commands("\n".join(commands))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_figures_of_a_page_have_their_titles(page):
    assert page.read_text() == with_titles(page.read_text(), page.parent), "nox -s readme"


def test_the_figures_are_of_this_version():
    for figure in draw(configure("wan2_1_t2v_14b", "wan2-1-720p"), ("flops", "frames")):
        text = (PROJECT / "docs" / "figures" / f"{figure.name}.svg").read_text()
        lines = (figure.caption.title, *figure.caption.lines)
        assert all(escape(line) in text for line in lines), "nox -s figures"


@pytest.mark.parametrize("page", sorted(PROJECT.glob("*.md")), ids=lambda page: page.stem)
def test_links_of_a_page_beside_the_documentation(page):
    """Those within it are checked when it is built."""
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (PROJECT / link).exists(), link


def test_every_path_that_contributors_are_sent_to_is_there():
    """Paths are from the project, or from the package."""
    roots = (PROJECT, PROJECT / "src" / "wanmeter")
    paths = re.findall(r"`([a-z]\w*/[\w./]*|\w+\.\w+)`", (PROJECT / "CONTRIBUTING.md").read_text())
    assert paths
    for path in paths:
        assert any((root / path).exists() for root in roots), path


def test_the_table_of_vector_operations_is_the_one_in_use():
    page = (PROJECT / "docs" / "numbers.md").read_text()
    section = page.partition("\n## Vector operations\n")[2].partition("\n## ")[0]
    table = re.findall(r"^\| `(\w+)` \| (\d+) \|", section, flags=re.M)
    assert {name: int(operations) for name, operations in table} == asdict(wanmeter.VECTOR_OPS)


def test_every_approximation_is_listed():
    page = (PROJECT / "docs" / "limits.md").read_text().partition("\n## Approximations\n")[2]
    source = PROJECT / "src"
    made_in = [path for path in source.rglob("*.py") if "Approximation:" in path.read_text()]
    listed = re.findall(r"^- `(.+?)`:", page, flags=re.M)
    assert listed == sorted(str(path.relative_to(source)) for path in made_in)


def test_every_model_is_named():
    page = (PROJECT / "docs" / "numbers.md").read_text()
    assert all(f"`{model}`" in page for model in option_names("model"))


def test_what_an_eager_run_adds_is_what_was_measured():
    """The table is compared with measurements where torch is; the text with the table here."""
    tables = (PROJECT / "docs" / "verification.md").read_text()
    text = " ".join((PROJECT / "docs" / "limits.md").read_text().split())
    traffic, peaks = re.findall(r"\| transformer, bfloat16, 14B, 720p \| (.*) \|", tables)
    for row, said, digits in ((traffic, "moves {} GiB", 0), (peaks, "peak at {} GiB", 2)):
        cost, *_, eager, _ = [each.replace(",", "") for each in row.split(" | ")]
        assert said.format(f"{float(cost):,.{digits}f}") in text
        assert f"{float(eager):,.{digits}f} GiB when PyTorch" in text


def test_every_public_name_is_in_the_reference():
    pages = "".join(path.read_text() for path in (PROJECT / "docs" / "reference").glob("*.md"))
    entries = {name.split(".")[-1] for name in re.findall(r"^::: (.+)$", pages, flags=re.M)}
    errors = {name for name in wanmeter.__all__ if name.endswith("Error")}  # by their module
    names = {*wanmeter.__all__, *wanmeter.layers.__all__} - errors - {"__version__"}
    public = {name for name in names if not isinstance(getattr(wanmeter, name, None), ModuleType)}
    assert public <= entries
