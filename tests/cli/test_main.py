"""The command line: reports whole, errors in one line, exit code 2."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import fields
from click.testing import CliRunner

from wanmeter import OutputError, __version__, meter
from wanmeter.cli.group import COMMANDS
from wanmeter.cli.main import main
from wanmeter.cli.output import emit
from wanmeter.configs import key_meanings
from wanmeter.estimation.choosing import SECTIONS as EXECUTION
from wanmeter.models import SECTIONS
from wanmeter.structuring import section_keys

TINY = "workload=wan2-1-ci-tiny"


def run(*arguments):
    return CliRunner().invoke(main, list(arguments), prog_name="wanmeter")


def test_dump_writes_the_report():
    done = run("dump", TINY)
    assert done.exit_code == 0
    assert done.stdout == meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny").to_json()


def test_dump_as_csv():
    done = run("dump", TINY, "--format", "csv")
    assert done.stdout == meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny").to_csv()


def test_both_backends_dump_the_same_but_for_provenance():
    shared, wan2_1 = (
        json.loads(run("dump", TINY, f"transformer.layer_impl={name}").stdout)
        for name in ("shared", "wan2_1")
    )
    assert shared.pop("provenance") != wan2_1.pop("provenance")
    assert shared == wan2_1


def test_dump_to_a_file_says_nothing_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "cost.json"
    path.write_text("old")
    done = run("dump", TINY, "-o", str(path))
    assert (done.exit_code, done.output) == (0, "")
    assert path.read_text() == meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny").to_json()
    assert os.listdir(tmp_path) == ["cost.json"]


def test_show():
    done = run("show", TINY, "--depth", "1")
    assert done.exit_code == 0
    assert "patch_embedding" in done.stdout
    assert "…" not in done.stdout


@pytest.mark.parametrize(
    ("what", "some"),
    [
        ("models", "wan2_1_t2v_14b"),
        ("transformers", "wan2_1_dit_core"),
        ("workloads", "wan2-1-720p"),
        ("backends", "shared"),
    ],
)
def test_list(what, some):
    assert some in run("list", what).stdout.splitlines()


def test_version():
    assert run("--version").stdout == f"wanmeter {__version__}\n"


def examples(command):
    """The examples in a command's help: what follows `wanmeter` in each."""
    shown = run(*command, "--help").stdout.partition("Examples:\n")[2]
    return [line.removeprefix("    wanmeter ") for line in shown.splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_of_a_command_are_its_own(command):
    """One may show what goes before or after: a report is compared, a measured device is estimated on."""
    of = [line.split()[0] for line in examples([command])]
    assert of.count(command) >= max(2, len(of) - 1)


@pytest.mark.parametrize("command", [(), *[(name,) for name in COMMANDS]])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_fits_80_columns(command, option, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = run(*command, option).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Usage: wanmeter")


def test_help_lists_commands_as_people_ask():
    listed = run("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert list(COMMANDS)[:4] == ["show", "estimate", "fit", "compare"]
    assert all(line.endswith(".") and not line.endswith("..") for line in listed)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["workload.num_frames=80"],
            "workload.num_frames: got 80; allowed: 4k + 1: 1, 5, 9, ..., 81, ...;"
            " nearest valid: 77 and 81",
        ),
        (
            ["workload.height=721"],
            "workload.height: got 721; allowed: a positive multiple of 16;"
            " nearest valid: 720 and 736",
        ),
        (
            ["workload.num_inference_steps=0"],
            "workload.num_inference_steps: got 0; allowed: a positive integer; nearest valid: 1",
        ),
        (
            ["workload.batch_size=1.5"],
            "workload.batch_size: got 1.5; allowed: a positive integer",
        ),
        (
            ["transformer.layer_impl=foo"],
            "unknown layer_impl 'foo'; known: shared, wan2_1",
        ),
        (
            ["transformer.layer_imp=shared"],
            "unknown key 'transformer.layer_imp'; did you mean 'transformer.layer_impl'? known:"
            " transformer.act_fn, transformer.bits, transformer.layer_impl, transformer.qk_norm,"
            " transformer.scope, transformer.time_embedding, transformer.weight_bits"
            " (`wanmeter list keys` lists all)",
        ),
        (
            ["-o", "/nowhere/cost.json"],
            "cannot write /nowhere/cost.json: No such file or directory",
        ),
        (["-o", os.curdir], "cannot write .: a directory, not a file"),
        (["-o", "new/"], "cannot write new/: a directory, not a file"),
        (["-o", ""], "cannot write : a directory, not a file"),
        (["-o", "a\nb/c"], "cannot write a\\nb/c: No such file or directory"),
        (["-o", "x" * 300], f"cannot write {'x' * 300}: File name too long"),
        (["-o", __file__ + "/x"], f"cannot write {__file__}/x: Not a directory"),
        (
            ["model.name='a\nb'"],
            "model.name: got 'a\\nb'; allowed: a name",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, line):
    done = run("dump", TINY, *arguments)
    assert done.exit_code == 2
    assert done.stderr == f"Error: {line}\n"
    assert done.stdout == ""


def test_an_unwritable_file_is_left_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "cost.json"
    path.write_text("old")

    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    done = run("dump", TINY, "-o", str(path))
    assert done.exit_code == 2
    assert done.stderr == f"Error: cannot write {path}: No space left on device\n"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["cost.json"]


def test_a_bad_run_writes_no_file(tmp_path):
    path = tmp_path / "cost.json"
    assert run("dump", "workload.num_frames=80", "-o", str(path)).exit_code == 2
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [(["dump", "--fromat", "csv"], "--format"), (["show", "--dept", "1"], "--depth")],
)
def test_unknown_options_suggest_the_near_ones(arguments, suggestion):
    done = run(*arguments)
    assert done.exit_code == 2
    assert suggestion in done.stderr


def test_the_module_runs_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "wanmeter", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"wanmeter {__version__}\n"


@pytest.mark.parametrize("command", [["dump", TINY], ["show", TINY], ["list", "models"]])
def test_a_full_standard_output_is_an_error(command):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    # Buffered, as it is by default: the error comes late.
    buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    with full.open("w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "wanmeter", *command],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            env=buffered,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert done.stderr.endswith("No space left on device\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["show"], ["dump", "--format", "csv"]])
def test_a_name_that_standard_output_cannot_write_is_an_error(command):
    done = subprocess.run(
        [sys.executable, "-m", "wanmeter", *command, TINY, "model.name='模é'"],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: cannot write standard output: latin-1 has no '\\u6a21'; write to a file, or set PYTHONIOENCODING=utf-8\n"
    )


def test_a_closed_standard_output_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="cannot write standard output: it is closed"):
        emit("text")


def test_a_file_that_is_replaced_keeps_its_permissions_and_links_are_followed(tmp_path):
    path, link = tmp_path / "cost.json", tmp_path / "link.json"
    path.write_text("old")
    path.chmod(0o600)
    link.symlink_to(path)
    emit("new", str(link))
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert link.is_symlink()


def test_a_loop_of_links_is_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OutputError, match="a link that leads nowhere"):
        emit("text", str(tmp_path / "a"))


def test_only_verify_loads_the_verification():
    script = (
        "import sys; from click.testing import CliRunner; from wanmeter.cli.main import main;"
        f"done = CliRunner().invoke(main, ['dump', '{TINY}']); assert done.exit_code == 0;"
        "assert not any(name.startswith('wanmeter.verify') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("name", "options", "begins"),
    [
        ("cost.csv", [], b"# wanmeter"),
        ("cost.CSV", [], b"# wanmeter"),
        ("cost.json", [], b'{\n  "schema"'),
        ("cost", [], b'{\n  "schema"'),
        ("cost.txt", ["--format", "csv"], b"# wanmeter"),
        ("cost.parquet", ["--format", "json"], b'{\n  "schema"'),
    ],
)
def test_the_ending_of_the_file_is_the_format(tmp_path, name, options, begins):
    path = tmp_path / name
    assert run("dump", "-o", str(path), *options).exit_code == 0
    assert path.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("command", "name", "options", "problem"),
    [
        ("dump", "a.csv", ["--format", "json"], "its ending says csv, --format says json"),
        ("dump", "a.parquet", [], "the formats are json, csv, not .parquet; --format chooses one"),
        ("dump", "a.json.gz", [], "the formats are json, csv, not .gz; --format chooses one"),
        ("report", "a.xml", [], "the formats are html, md, not .xml; --format chooses one"),
        ("report", "a.md", ["--format", "html"], "its ending says md, --format says html"),
        ("formula", "a.py", ["--format", "latex"], "its ending says python, --format says latex"),
    ],
)
def test_an_ending_that_contradicts_is_refused(tmp_path, command, name, options, problem):
    done = run(command, "-o", str(tmp_path / name), *options)
    assert done.exit_code == 2
    assert done.stderr == f"Error: cannot write {tmp_path / name}: {problem}\n"
    assert os.listdir(tmp_path) == []


EVERY = {
    **{section: section_keys(section) for section in SECTIONS},
    **{
        section: [each.name for each in fields(cls) if each.name != "name"]
        for section, cls in EXECUTION.items()
    },
}
"""The keys of the sections of a run, and of its execution."""


def test_keys_are_listed_with_defaults_and_meanings():
    lines = run("list", "keys").stdout.splitlines()
    given = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert given.keys() == {
        *(f"{section}.{key}" for section, keys in EVERY.items() for key in keys),
        *("device", "image_size", "price_per_hour", "size", "stages"),
    }
    assert all(meaning for _, *meaning in given.values())
    assert given["workload.text_len"][0] == "512"
    assert given["workload.num_frames"][:2] == ["the", "model's"]
    assert (given["vae.bits"][0], given["transformer.bits"][0]) == ("32", "16")
    workload = run("list", "keys", "workload").stdout.splitlines()
    assert [line.split()[0] for line in workload[1:-2]] == [
        f"workload.{key}" for key in section_keys("workload")
    ]


def test_every_key_has_a_meaning_and_no_other():
    told = {section: tuple(keys) for section, keys in key_meanings().items()}
    assert {each: set(told[each]) for each in told} == {
        section: set(keys) for section, keys in EVERY.items()
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keys", "vea"], "unknown section 'vea'; known: image_encoder, model, "),
        (["models", "vae"], "only keys have sections"),
    ],
)
def test_what_cannot_be_listed(arguments, said):
    done = run("list", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_figures_of_a_device_have_units_and_each_source_is_said_once():
    lines = run("list", "devices", "h100").stdout.splitlines()
    for figure in (
        "peaks.bf16: 1,070 TFLOP/s",
        "peaks.dram: 3.35 TB/s",
        "power_watts: 700 W",
        "rates.matmul.bf16: 710 TFLOP/s +- 5%",
        "rates.host_copy.pinned: 22.0 GB/s +- 20%",
    ):
        assert figure in lines
    at = lines.index("rates.all_to_all.2: 278 GB/s +- 40%")
    assert [line.partition(":")[0] for line in lines[at : at + 3]] == [
        f"rates.all_to_all.{gpus}" for gpus in (2, 4, 8)
    ]
