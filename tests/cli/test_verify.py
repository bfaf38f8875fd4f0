"""`wanmeter verify`: exit codes, and nothing but the report on standard output."""

import json

import pytest
from click.testing import CliRunner

from wanmeter.cli.main import main
from wanmeter.verify import targets

TINY = "workload=wan2-1-ci-tiny"


def run(*arguments):
    return CliRunner().invoke(main, ["verify", *arguments], prog_name="wanmeter")


def test_core_holds_for_both_backends():
    done = run("core", TINY, "--layer-impl", "both")
    assert done.exit_code == 0, done.output
    assert "verified: 7 holds, 0 fails, 0 not compared" in done.stdout.splitlines()[:4]
    assert "parents equal their children" not in done.stdout
    assert done.stderr == ""


def test_every_check_is_shown_if_asked_for():
    done = run("core", TINY, "--all")
    assert "parents equal their children" in done.stdout


def test_json_is_all_there_is_on_standard_output():
    done = run("core", TINY, "--format", "json", "-o", "-")
    assert json.loads(done.stdout)["layer_impls"] == ["shared"]


def test_to_a_file(tmp_path):
    path = tmp_path / "core.json"
    done = run("core", TINY, "transformer.layer_impl=wan2_1", "--format", "json", "-o", str(path))
    assert (done.exit_code, done.output) == (0, "")
    assert json.loads(path.read_text())["layer_impls"] == ["wan2_1"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["core", "workload.num_frames=80"],
            "workload.num_frames: got 80; allowed: 4k + 1: 1, 5, 9, ..., 81, ...;"
            " nearest valid: 77 and 81",
        ),
        (["core", "--layer-impl", "foo"], "unknown layer_impl 'foo'; known: shared, wan2_1"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(arguments, line):
    done = run(*arguments)
    assert (done.exit_code, done.stderr, done.stdout) == (2, f"Error: {line}\n", "")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(targets, "find_spec", lambda _: None)
    done = run("all", TINY)
    assert done.exit_code == 2
    assert done.stderr == (
        "Error: verification needs torch, diffusers, transformers, ftfy:"
        " pip install 'wanmeter[verify]'\n"
    )


def test_an_unknown_target_lists_the_targets():
    done = run("layer")
    assert done.exit_code == 2
    assert "'layers', 'end2end', 'core'" in done.stderr
