"""`wanmeter report`: one page, whole or not at all, and one line for what cannot be reported."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tests.folders import official
from wanmeter import configure
from wanmeter.cli.main import main
from wanmeter.render.figures import draw
from wanmeter.render.page import Page, to_html
from wanmeter.report import Report

TINY = "workload=wan2-1-ci-tiny"


def run(*arguments):
    return CliRunner().invoke(main, [*arguments], prog_name="wanmeter")


def test_the_page_is_written(tmp_path):
    path = tmp_path / "report.html"
    done = run("report", TINY, "-o", str(path))
    assert (done.exit_code, done.output) == (0, "")
    wanted = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
    page = Page.of(wanted, command=f"wanmeter report {TINY}")
    assert path.read_text() == to_html(page, draw(wanted))


def test_as_markdown_it_goes_to_standard_output():
    done = run("report", TINY, "--format", "md", "--layer-impl", "both")
    assert done.exit_code == 0
    assert "Made by `wanmeter report workload=wan2-1-ci-tiny --layer-impl both`" in done.stdout
    assert "agree exactly" in done.stdout
    cells = [line.count("|") for line in done.stdout.splitlines() if line.startswith("| transf")]
    assert set(cells) >= {9}


def test_the_page_names_the_backends_that_it_shows(theirs):
    done = run("report", TINY, theirs, "--format", "md", "--layer-impl", "both")
    said = done.stdout.replace("\\", "")
    assert "layer_impl=theirs; in figures, over it: shared, wan2_1;" in said
    assert "shared and wan2_1 agree exactly" in said
    total = Report.of(configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", layer_impl="theirs")).total
    assert f"{total.flops:,}" in said


def test_with_a_verification(tmp_path):
    path = tmp_path / "verification.json"
    assert run("verify", "core", TINY, "--format", "json", "-o", str(path)).exit_code == 0
    done = run("report", TINY, "--format", "md", "--verification", str(path))
    assert "**Verified**: 4 holds" in done.stdout
    other = run("report", "--format", "md", "--verification", str(path))
    assert other.exit_code == 2
    assert (
        other.stderr == f"Error: {path}: verifies another run: workload.num_frames is 5, not 81\n"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-o", "/nowhere/report.md"], "cannot write /nowhere/report.md: No such file or dir"),
        (["--verification", ""], "--verification: needs the name of a file"),
        (["--verification", "none.json"], "none.json: no such file"),
        (["--verification", "."], ".: not a regular file"),
        (["--verification", __file__], f"{__file__}: not JSON: "),
        (["--layer-impl", "theirs"], "unknown layer_impl 'theirs'; known: shared, wan2_1"),
        (["workload.num_frames=6"], "workload.num_frames: got 6; allowed: "),
    ],
)
def test_what_cannot_be_reported_is_one_line(arguments, line):
    done = run("report", TINY, "--format", "md", *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {line}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_dump_is_no_verification(tmp_path):
    path = tmp_path / "cost.json"
    path.write_text(json.dumps({"schema": "wanmeter.report/1"}))
    done = run("report", TINY, "--verification", str(path))
    assert done.stderr.startswith(f"Error: {path}: not a verification: schema 'wanmeter.report/1'")


@pytest.mark.parametrize("missing", ["matplotlib", "jinja2"])
def test_without_the_extra_it_says_what_to_install(tmp_path, missing):
    script = (
        f"import sys; sys.modules[{missing!r}] = None;"
        "from wanmeter.cli.main import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "report", TINY, "-o", str(tmp_path / "report.html")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.endswith(f" needs {missing}: pip install 'wanmeter[plots]'\n")
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_folder_whose_name_is_no_text_stands_there_escaped(tmp_path):
    folder = tmp_path / "weights-\udcff"
    try:
        folder.mkdir()
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    for path in official(tmp_path, "wan2_1_t2v_1_3b").iterdir():
        path.rename(folder / path.name)
    done = run("report", TINY, "--format", "md", "--model-dir", str(folder))
    assert done.exit_code == 0
    assert "weights-\\udcff" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="no terminals to open there")
@pytest.mark.parametrize(("layout", "code"), [("html", 2), ("md", 0)])
def test_no_terminal_is_filled_with_a_page_for_browsers(layout, code):
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "wanmeter", "report", TINY, "stages=[text_encoder]"]
    with (
        os.fdopen(theirs, "wb") as terminal,
        subprocess.Popen(
            [*command, "--format", layout], stdout=terminal, stderr=subprocess.PIPE, text=True
        ) as running,
    ):
        terminal.close()
        while True:  # or the program waits for a reader
            try:
                if not os.read(ours, 1 << 16):
                    break
            except OSError:  # nobody writes any more
                break
        problem = running.stderr.read()
    os.close(ours)
    line = "Error: cannot write standard output: a page is for a browser; write to a file with -o\n"
    assert (running.returncode, problem) == (code, line if code else "")
