"""`wanmeter sweep` and `wanmeter formula`: files whole or not at all, one line for what cannot be done."""

import csv
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from wanmeter import meter
from wanmeter.cli.main import main

MODEL = "model=wan2_1_t2v_14b"


def run(*arguments):
    return CliRunner().invoke(main, [*arguments], prog_name="wanmeter")


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_grid_goes_to_csv(tmp_path):
    path = tmp_path / "sweep.csv"
    axes = ["num_frames=5,9,13,81", "size=832x480,1280x720", "guidance=true,false"]
    done = run("sweep", MODEL, *axes, "-o", str(path))
    assert (done.exit_code, done.output) == (0, "")
    rows = rows_of(path)
    assert len(rows) == 4 * 2 * 2
    assert [row["num_frames"] for row in rows[::4]] == ["5", "9", "13", "81"]
    assert [(row["width"], row["height"]) for row in rows[:4:2]] == [
        ("832", "480"),
        ("1280", "720"),
    ]
    assert [row["guidance"] for row in rows[:2]] == ["true", "false"]
    with_guidance = meter("wan2_1_t2v_14b", "wan2-1-720p")
    assert int(rows[-2]["flops"]) == with_guidance.total.flops
    report = meter("wan2_1_t2v_14b", "wan2-1-720p", guidance=False)
    assert int(rows[-1]["flops"]) == report.total.flops
    assert int(rows[-1]["vae_decode/activation_bytes"]) == report.total.activation_bytes
    assert os.listdir(tmp_path) == ["sweep.csv"]


def test_columns_go_to_parquet_row_by_row(tmp_path):
    path = tmp_path / "sweep.parquet"
    axes = ["num_frames=81,49", "size=832x480,1280x720", "--zip", "--totals"]
    assert run("sweep", MODEL, *axes, "-o", str(path)).exit_code == 0
    table = pq.read_table(path)
    assert table.num_rows == 2
    assert (
        table["flops"].to_pylist()[1]
        == meter("wan2_1_t2v_14b", "wan2-1-720p", num_frames=49).total.flops
    )
    assert "transformer/flops" not in table.column_names


def test_rows_that_are_left_out_are_named(tmp_path):
    path = tmp_path / "sweep.csv"
    done = run("sweep", "num_frames=range(1,201)", "--skip-invalid", "-o", str(path))
    assert done.exit_code == 0
    assert len(rows_of(path)) == 50
    lines = done.stderr.splitlines()
    assert lines[0].startswith("Skipped row 2: workload.num_frames: got 2; allowed: 4k + 1")
    assert lines[-1] == "Skipped 130 more rows"
    assert len(lines) == 21


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["-o", "-"], "cannot write standard output: a sweep goes to a file; name one with -o"),
        (["-o", "a.json"], "cannot write a.json: the formats are csv, parquet, not .json"),
        (["-o", "/nowhere/a.csv"], "cannot write /nowhere/a.csv: No such file or directory"),
        (["-o", "a.csv", "num_frames=80,81"], "row 1: workload.num_frames: got 80; allowed"),
        (["-o", "a.csv", "height=480,481"], "row 2: workload.height: got 481; allowed"),
        (
            ["-o", "a.parquet", "batch_size=1,999999999999999999", "steps=9999999"],
            "row 2: flops: got ",
        ),
        (
            ["-o", "a.csv", "height=480,496", "size=832x480,1280x720"],
            "sweep: got ['height', 'size']",
        ),
        (["-o", "a.csv", "height=480,496", "size=832x480"], "workload.height: both varied and set"),
        (
            ["-o", "a.csv", "--zip", "height=480,496", "width=832,848,1280"],
            "lengths of zipped axes: got {'height': 2, 'width': 3}; allowed: equal",
        ),
        (["-o", "a.csv", "model=t2v-14b,i2v-14b"], "model: only keys of the workload can be swept"),
        (["-o", "a.csv", "num_frames=1.5,3"], "sweep.num_frames: got 1.5; allowed: integers"),
        (["-o", "a.csv", "num_frames=5,x"], "sweep.num_frames: got 'x'; allowed: integers"),
        (["-o", "a.csv", "num_frames=-1,5"], "row 1: workload.num_frames: got -1; allowed"),
        (["-o", "a.csv", "num_frames=range(5,1)"], "sweep.num_frames: got []; allowed: one value"),
        (["-o", "a.csv", "size=832,832x480"], "size: got '832'; allowed: WIDTHxHEIGHT"),
        (["-o", "a.csv", "guidance=both,true"], "sweep.guidance: got 'both'; allowed: true or"),
        (
            ["-o", "a.csv", "num_frames=range(1,99999999999)"],
            "num_frames=range(1,99999999999): more",
        ),
    ],
)
def test_what_cannot_be_swept_is_one_line_and_no_file(tmp_path, monkeypatch, arguments, problem):
    monkeypatch.chdir(tmp_path)
    done = run("sweep", *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {problem}")
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (["sweep", "-o", "a.csv"], "numpy"),
        (["sweep", "-o", "a.csv"], "pyarrow"),
        (["formula"], "sympy"),
    ],
)
def test_without_the_extra_it_says_what_to_install(tmp_path, arguments, missing):
    script = (
        f"import sys; sys.modules[{missing!r}] = None;"
        "from wanmeter.cli.main import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.endswith(f" needs {missing}: pip install 'wanmeter[sweep]'\n")
    assert done.stderr.count("\n") == 1


def test_a_formula_goes_to_a_file(tmp_path):
    path = tmp_path / "flops.py"
    done = run("formula", MODEL, "--by", "stage", "-o", str(path))
    assert (done.exit_code, done.output) == (0, "")
    text = path.read_text()
    assert text.startswith(
        '"""flops of wan2_1_t2v_14b; layer_impl=shared; latent frames: 3 or more'
    )
    names = {}
    exec(text, names)
    assert {name for name in names if name.endswith("_flops")} == {
        "text_encoder_flops",
        "transformer_flops",
        "vae_decode_flops",
    }


@pytest.mark.parametrize("option", [["--field", "flop"], ["--by", "block"], ["--format", "html"]])
def test_what_no_formula_is_of_is_refused(option):
    assert run("formula", *option).exit_code == 2


@pytest.mark.parametrize(
    ("overrides", "scope"),
    [
        (["stages=[vae_decode]"], "; vae_decode only;"),
        (["vae.weight_bits=8"], "; vae.weight_bits=8;"),
        (["transformer=core"], "; transformer.scope=core; "),
        (["model.num_layers=3"], " with num_layers=3;"),
        (["text_encoder.num_layers=3"], "; text_encoder.num_layers=3;"),
    ],
)
def test_the_head_of_a_formula_says_what_it_is_of(overrides, scope):
    head = run("formula", MODEL, *overrides).stdout.splitlines()[0]
    assert head.startswith("flops of wan2_1_t2v_14b")
    assert scope in head
    assert scope not in run("formula", MODEL).stdout.splitlines()[0]
