"""`wanmeter plot`: a file a figure, and one line for what cannot be drawn or written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from wanmeter import configure
from wanmeter.cli.main import main
from wanmeter.errors import OutputError
from wanmeter.render.figures import FIGURES, draw

LICENSE = str(Path(__file__).parents[2] / "LICENSE")
TINY = "workload=wan2-1-ci-tiny"


def run(*arguments):
    return CliRunner().invoke(main, ["plot", TINY, *arguments], prog_name="wanmeter")


def test_every_figure_is_a_file(tmp_path):
    folder = tmp_path / "new" / "figures"
    done = run("-o", str(folder))
    assert (done.exit_code, done.output) == (0, "")
    assert sorted(os.listdir(folder)) == sorted(f"{name}.png" for name in FIGURES)
    for figure in draw(configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")):
        assert (folder / f"{figure.name}.png").read_bytes() == figure.to_bytes()


def test_one_figure_alone_and_as_svg(tmp_path):
    done = run("-o", str(tmp_path), "--figure", "memory", "--format", "svg", "--layer-impl", "both")
    assert done.exit_code == 0
    assert os.listdir(tmp_path) == ["memory.svg"]
    assert "largest difference 0" in (tmp_path / "memory.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "figure"), [([], "flops"), (["--figure", "memory"], "memory")]
)
def test_a_file_is_one_figure_in_the_format_of_its_ending(tmp_path, arguments, figure):
    for name in ("cost.svg", "COST.PNG"):
        assert run("-o", str(tmp_path / name), *arguments).exit_code == 0
    assert sorted(os.listdir(tmp_path)) == ["COST.PNG", "cost.svg"]
    assert (tmp_path / "COST.PNG").read_bytes().startswith(b"\x89PNG")
    assert run("-o", str(tmp_path), "--figure", figure, "--format", "svg").exit_code == 0
    assert (tmp_path / f"{figure}.svg").read_bytes() == (tmp_path / "cost.svg").read_bytes()


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ("transformer.layer_impl=shared", "shared; as outlines or dots, wan2_1: largest"),
        ("transformer.layer_impl=wan2_1", "shared; as outlines or dots, wan2_1: largest"),
        ("transformer.layer_impl=theirs", "theirs; as outlines or dots, shared, wan2_1: largest"),
    ],
)
def test_the_backends_that_are_drawn_are_named(tmp_path, theirs, own, named):
    run(own, "-o", str(tmp_path), "--figure", "flops", "--format", "svg", "--layer-impl", "both")
    text = (tmp_path / "flops.svg").read_text()
    assert f"layer_impl={named} difference" in text
    assert ("difference 0" in text) is (own != theirs)


def test_help_names_every_figure():
    text = " ".join(CliRunner().invoke(main, ["plot", "--help"]).stdout.split())
    assert f"{', '.join(tuple(FIGURES)[:-1])} and {tuple(FIGURES)[-1]}" in text


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-o", LICENSE], f"cannot write {LICENSE}: a file, not a directory"),
        (["-o", __file__], f"cannot write {__file__}: the formats are png, svg, not .py"),
        (["-o", "a.png", "--format", "svg"], "cannot write a.png: its ending says png, --format"),
        (
            ["-o", "a.svg", "--figure", "flops", "--figure", "bytes"],
            "cannot write a.svg: one file for 2 figures; name a folder",
        ),
        (["-o", __file__ + "/x"], f"cannot write {__file__}/x: Not a directory"),
        (["-o", ""], "cannot write '': each figure is a file of its own; name a folder"),
        (
            ["-o", "-"],
            "cannot write standard output: each figure is a file of its own; name a folder",
        ),
        (["-o", "/proc/figures"], "cannot write /proc/figures: No such file or directory"),
        (["-o", "x" * 300], f"cannot write {'x' * 300}: File name too long"),
        (["-o", "."], "unknown figure 'flop'; did you mean 'flops'? known: "),
        (
            ["-o", ".", "--layer-impl", "theirs"],
            "unknown layer_impl 'theirs'; known: shared, wan2_1",
        ),
        (
            ["-o", ".", "workload.batch_size=999999999999"],
            "total of the run: got ",
        ),
    ],
)
def test_what_cannot_be_drawn_or_written_is_one_line(arguments, line):
    wrong_name = ["--figure", "flop"] if "unknown figure" in line else []
    done = run(*arguments, *wrong_name)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {line}")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_one_line(tmp_path):
    tmp_path.chmod(0o500)
    done = run("-o", str(tmp_path), "--figure", "bytes")
    assert done.exit_code == 2
    assert done.stderr == f"Error: cannot write {tmp_path}/bytes.png: Permission denied\n"


@pytest.mark.parametrize("below", ["", "/figures"])
def test_a_link_to_nowhere_is_called_that(tmp_path, below):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    done = run("-o", f"{link}{below}", "--figure", "memory")
    assert done.exit_code == 2
    assert done.stderr == f"Error: cannot write {link}: a broken link\n"


@pytest.mark.parametrize("stuck", ["bytes", "memory"])
def test_a_figure_that_cannot_be_written_leaves_none_behind(tmp_path, stuck):
    (tmp_path / f"{stuck}.png").mkdir()
    done = run("-o", str(tmp_path), "--figure", "bytes", "--figure", "memory")
    assert done.exit_code == 2
    assert done.stderr == (f"Error: cannot write {tmp_path}/{stuck}.png: a directory, not a file\n")
    assert os.listdir(tmp_path) == [f"{stuck}.png"]


def test_a_figure_that_cannot_be_drawn_leaves_none_behind(tmp_path, monkeypatch):
    from wanmeter.render.figures import Figure

    drawn = Figure.to_bytes

    def to_bytes(self, layout):
        if self.name == "memory":
            raise OutputError("memory", "cannot be drawn")
        return drawn(self, layout)

    monkeypatch.setattr(Figure, "to_bytes", to_bytes)
    folder = tmp_path / "figures"
    done = run("-o", str(folder), "--figure", "bytes", "--figure", "memory")
    assert done.exit_code == 2
    assert not folder.exists()


def test_a_figure_named_twice_is_drawn_once(tmp_path):
    done = run("-o", str(tmp_path), "--figure", "memory", "--figure", "memory")
    assert (done.exit_code, done.output) == (0, "")
    assert os.listdir(tmp_path) == ["memory.png"]


def test_without_matplotlib_it_says_what_to_install(tmp_path):
    script = (
        "import sys; sys.modules['matplotlib'] = None;"
        "from wanmeter.cli.main import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "plot", TINY, "-o", str(tmp_path / "figures")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == "Error: plotting needs matplotlib: pip install 'wanmeter[plots]'\n"
    assert os.listdir(tmp_path) == []
