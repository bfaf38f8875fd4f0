"""`wanmeter compare`: dumps and overrides, exit codes, one line for what cannot be compared."""

import json
import os
import re
import shlex

import pytest
from click.testing import CliRunner

from tests.folders import official
from wanmeter import meter
from wanmeter.cli.main import main

TINY = "workload=wan2-1-ci-tiny"
LONGER = f"{TINY} workload.num_frames=9"


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, ["compare", *arguments], prog_name="wanmeter", input=stdin)


def flat(done):
    """The output as one line."""
    return " ".join(done.stdout.split())


@pytest.fixture(scope="module")
def dump():
    return CliRunner().invoke(main, ["dump", TINY]).stdout


@pytest.fixture
def edited(dump, tmp_path):
    """A dump with one number changed by hand."""
    path = tmp_path / "edited.json"
    document = json.loads(dump)
    row = next(r for r in document["modules"] if r["path"] == "transformer/blocks/ffn/up_proj")
    row["cost"]["flops"] += 1
    path.write_text(json.dumps(document))
    return path


def test_two_runs_side_by_side():
    done = run(TINY, LONGER, "--top", "2")
    assert done.exit_code == 0
    told = flat(done)
    assert told.startswith(f"A: {TINY}: wan2_1_t2v_1_3b: 1 x 256x256, 5 frames, 1 step")
    assert f"B: {LONGER}: wan2_1_t2v_1_3b: 1 x 256x256, 9 frames, 1 step" in told
    assert "workload.num_frames  5  9" in done.stdout
    lines = done.stdout.splitlines()
    assert any(line.startswith("vae_decode ") and line.endswith("%") for line in lines)
    assert "…" not in done.stdout


def test_the_backends_do_not_differ():
    done = run(
        f"{TINY} transformer.layer_impl=shared",
        f"{TINY} transformer.layer_impl=wan2_1",
        "--fail-above",
        "0",
    )
    assert done.exit_code == 0
    assert "No difference in any field, in " in done.stdout


def test_a_dump_is_the_run_that_it_is_of(dump, tmp_path):
    path = tmp_path / "cost.json"
    path.write_text(dump)
    for sides in ((str(path), TINY), (TINY, str(path)), (str(path), "-")):
        done = run(*sides, "--fail-above", "0", stdin=dump)
        assert (done.exit_code, done.stderr) == (0, "")
        assert "No difference in any field" in done.stdout


def test_a_report_that_contradicts_itself_is_refused(edited):
    for sides in ((TINY, str(edited)), (str(edited), TINY)):
        done = run(*sides)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"Error: {edited}: transformer/blocks/ffn: flops is ")
        assert done.stderr.count("\n") == 1


def test_as_json_everything_stands_there():
    document = json.loads(run(TINY, LONGER, "--format", "json").stdout)
    assert document["schema"] == "wanmeter.comparison/1"
    assert document["settings"] == [{"key": "workload.num_frames", "first": 5, "second": 9}]
    longer = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", num_frames=9)
    row = next(row for row in document["modules"] if row["path"] == "transformer")
    assert (row["quantity"], row["second"]) == ("flops", longer["transformer"].cost.flops)
    assert row["difference"] == row["second"] - row["first"]


@pytest.mark.parametrize(
    ("percent", "code"), [("0", 1), ("100", 1), ("1000000", 0), ("1e18", 0), ("0.001", 1)]
)
def test_more_than_allowed_is_exit_code_1(percent, code):
    done = run(TINY, LONGER, "--fail-above", percent)
    assert done.exit_code == code
    assert done.stdout
    assert done.stderr.startswith(f"Above {percent}%: ") == bool(code)


def test_one_field_alone_can_be_compared():
    done = run(TINY, LONGER, "--field", "params", "--fail-above", "0")
    assert done.exit_code == 0
    assert "No difference in params, in " in done.stdout


@pytest.fixture
def folder(tmp_path):
    """The folder of a fine-tune with fewer layers."""
    folder = official(tmp_path, "wan2_1_t2v_1_3b", num_layers=7)
    return folder.rename(tmp_path / "my finetune")


def test_a_side_can_be_a_model_folder(folder):
    done = run(str(folder), "model=t2v-1.3b", "--field", "params")
    assert (done.exit_code, done.stderr) == (0, "")
    assert flat(done).startswith(f"A: {folder}: my finetune: 1 x 832x480, 81 frames")
    assert re.search(r"^model\.num_layers +7 +30 *$", done.stdout, re.MULTILINE)


def test_a_model_folder_can_stand_before_its_overrides(folder):
    given = f"{shlex.quote(str(folder))} {LONGER}"
    done = run(given, f"model=t2v-1.3b {TINY}", "--format", "json")
    assert (done.exit_code, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["first"]["name"] == given
    changed = {each["key"]: (each["first"], each["second"]) for each in document["settings"]}
    assert changed["workload.num_frames"] == (9, 5)
    assert changed["model.num_layers"] == (7, 30)


def test_both_runs_are_costed_on_the_folder_that_is_given(folder, dump):
    done = run(TINY, LONGER, "--model-dir", str(folder))
    assert (done.exit_code, done.stderr) == (0, "")
    assert flat(done).startswith(f"A: {TINY}: my finetune: ")
    assert f"B: {LONGER}: my finetune: " in flat(done)
    # A report is of the model that it names, and a side may name a folder of its own.
    piped = run(TINY, "-", "--model-dir", str(folder), stdin=dump)
    assert "B: -: wan2_1_t2v_1_3b: " in flat(piped)
    own = official(folder.parent, "wan2_1_t2v_14b")
    theirs = run(TINY, str(own), "--model-dir", str(folder))
    assert f"B: {own}: wan2_1_t2v_14b: " in flat(theirs)


@pytest.mark.parametrize(
    ("sides", "line"),
    [
        (
            ("none.json", TINY),
            "none.json: neither a file, a folder nor overrides; write KEY=VALUE ...",
        ),
        (("", TINY), "'': neither a file, a folder nor overrides; write KEY=VALUE ..."),
        (
            ("'x=1", TINY),
            "'x=1: neither a file, a folder nor overrides: No closing quotation",
        ),
        ((TINY, "workload.num_frames=6"), "workload.num_frames: got 6; allowed: 4k + 1"),
        ((TINY, "."), ".: not a model folder: it has no model_index.json or config.json"),
        ((TINY, f"./none {TINY}"), "./none: not a directory"),
        ((TINY, f"none none {TINY}"), f"none none {TINY}: neither a file"),
        ((TINY, f"{TINY} ."), f"{TINY} .: neither a file"),
        ((TINY, "-"), "standard input: not JSON: "),
    ],
)
def test_what_cannot_be_read_is_one_line(sides, line):
    done = run(*sides, stdin=b"\xff")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {line}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: text[: len(text) // 3], "not JSON: "),
        (lambda text: text.replace('"flops": 0,', '"flops": 0.5,'), "got 0.5; allowed: a non-neg"),
        (lambda text: text.replace("report/1", "report/2"), "schema 'wanmeter.report/2', not"),
        (
            lambda text: text.replace("output once;", "output twice;"),
            "conventions: io: differs from this version's",
        ),
    ],
)
def test_a_dump_that_is_not_whole_is_one_line(dump, tmp_path, change, problem):
    path = tmp_path / "cost.json"
    path.write_text(change(dump))
    assert path.read_text() != dump
    done = run(TINY, str(path))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {path}: ")
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "percent",
    ["-1", "-0.1", "nan", "sNaN", "ten", "", "inf", "1e99999999", "1e-99999999", "0e99999999"],
)
def test_a_percentage_is_a_number(percent):
    done = run(TINY, TINY, "--fail-above", percent)
    assert done.exit_code == 2
    assert f"'{percent}' is not a non-negative number" in done.stderr


def test_what_differs_is_summed_up_first():
    lines = run(TINY, LONGER, "--field", "calls").stdout.splitlines()
    titles = [line for line in lines[:6] if line.startswith(("A: ", "B: ", "   "))]
    assert re.fullmatch(r"\d+ of 182 modules differ in calls\.", lines[len(titles)])
    models = run(TINY, f"{TINY} model=wan2_1_i2v_14b", "--field", "kv_cache_bytes")
    assert "image_encoder, and its " in models.stdout
    assert " in one report only. setting A B" in flat(models)


def test_what_is_longer_than_a_screen_ends_with_its_summary_too():
    long = run(TINY, LONGER, "--field", "flops", "--top", "30").stdout
    assert long.count("modules differ in flops.") == 2
    assert long.endswith("modules differ in flops.\n")
    assert run(TINY, TINY).stdout.count("No difference") == 1


def test_without_a_field_modules_are_by_the_first_that_differs():
    """All fields are in the totals; the others with modules that differ are named."""
    told = run(TINY, f"{TINY} vae.bits=16").stdout
    assert re.search(r"^bytes_read +A +B", told, flags=re.M)
    assert "--field shows modules by bytes_written, activation_bytes, held_bytes;" in told
    assert re.search(r"^flops +4\.870 TFLOP +4\.870 TFLOP +0 +0%$", told, flags=re.M)


def test_all_digits_are_shown_if_asked_for():
    flops = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny").total.flops
    assert f"{flops:,}" in run(TINY, LONGER, "--exact").stdout
    assert f"{flops:,}" not in run(TINY, LONGER).stdout


def test_a_name_that_would_break_a_line_is_escaped(dump, tmp_path):
    path = tmp_path / "a\nb.json"
    path.write_text(dump)
    assert flat(run(str(path), TINY)).startswith(f"A: {tmp_path}/a\\nb.json: wan2_1")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = run(TINY, str(tmp_path / "pipe"))
    assert done.stderr == f"Error: {tmp_path}/pipe: not a regular file; use - for standard input\n"


def test_the_limit_is_said_as_it_was_given():
    assert run(TINY, LONGER, "--fail-above", "0.12345678").stderr.startswith("Above 0.12345678%: ")


def test_no_error_is_longer_than_anyone_would_read(dump, tmp_path):
    path = tmp_path / "long.json"
    path.write_text(dump.replace("wanmeter.report/1", "x" * 100_000))
    assert len(run(TINY, str(path)).stderr) < 1100


def test_standard_input_is_read_once():
    assert run("-", "-").exit_code == 2


def test_estimates_are_compared_by_overrides_and_files(tmp_path):
    path = tmp_path / "h100.json"
    texts = ["workload=tiny", "device=h100"]
    assert CliRunner().invoke(main, ["estimate", *texts, "-o", str(path)]).exit_code == 0
    one = CliRunner().invoke(main, ["compare", str(path), "workload=tiny device=a100"])
    other = CliRunner().invoke(main, ["compare", " ".join(texts), "workload=tiny device=a100"])
    assert (one.exit_code, other.exit_code) == (0, 0), one.output

    def told(done):
        """All below the titles; the answer is repeated if titles and table are longer than a screen."""
        return done.output.split("B takes ")[1].rstrip()

    assert told(one) == told(other)
    assert "of A's time" in one.output
    piped = CliRunner().invoke(
        main, ["compare", "-", "workload=tiny device=a100"], input=path.read_bytes()
    )
    assert told(piped) == told(one)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["workload=tiny device=h100", "workload=tiny"], "A is an estimate and B a report"),
        (["workload=tiny", "workload=tiny device=h100"], "A is a report and B an estimate"),
        (["device=h100", "device=a100", "--field", "flops"], "--field is for reports"),
    ],
)
def test_only_two_of_a_kind_are_compared(arguments, said):
    done = CliRunner().invoke(main, ["compare", *arguments])
    assert done.exit_code == 2
    assert said in done.stderr


def test_estimates_that_differ_fail_above():
    done = CliRunner().invoke(
        main,
        ["compare", "workload=tiny device=h100", "workload=tiny device=a100", "--fail-above", "5"],
    )
    assert done.exit_code == 1
    assert "Above 5%: " in done.stderr
