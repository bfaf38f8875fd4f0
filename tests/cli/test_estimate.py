"""`wanmeter estimate` and `wanmeter fit`: the answer first, at 80 columns; JSON; a figure."""

import json
import re

import pytest
from click.testing import CliRunner

from tests.strategies import EVERY_MODEL
from wanmeter import estimate, fit
from wanmeter.cli.main import main


def run(*arguments):
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("command", ["estimate", "fit"])
@pytest.mark.parametrize("model", EVERY_MODEL)
def test_tables_are_80_columns_wide(command, model):
    done = run(command, f"model={model}", "workload=tiny", "device=rtx_4090")
    assert done.exit_code == 0, done.output
    assert max(len(line.rstrip()) for line in done.output.splitlines()) <= 80


def test_the_answer_comes_first():
    output = run("estimate", "model=t2v-14b", "device=h100").output
    title, answer, *rest = output.splitlines()
    assert title.startswith("wan2_1_t2v_14b: 1 x 1280x720")
    assert re.fullmatch(
        r"About 2\d min \(\d\d to \d\d\) on one NVIDIA H100 SXM 80 GB; fits: .*", answer
    )
    assert "peak 69.10 GiB, in denoise" in " ".join(rest)


def test_the_library_and_the_command_agree():
    texts = ["model=t2v-1.3b", "device=rtx_4090", "profile=diffusers", "blocks_to_swap=3"]
    assert run("estimate", *texts, "--format", "json").output == estimate(overrides=texts).to_json()
    assert run("fit", *texts[:2], "--format", "json").output == fit(overrides=texts[:2]).to_json()


def test_a_switch_of_other_programs_is_said():
    output = run("estimate", "profile=diffusers", "blocks_to_swap=3").output
    assert "blocks_to_swap is no switch of diffusers" in output


@pytest.mark.parametrize("name", ["memory.png", "memory.svg", "estimate.json"])
def test_a_file_is_written_by_its_ending(tmp_path, name):
    path = tmp_path / name
    assert run("estimate", "workload=tiny", "device=h100", "-o", str(path)).exit_code == 0
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "json": b'{\n  "schema"'}
    assert path.read_bytes().startswith(begins[path.suffix[1:]])


def test_an_estimate_has_the_keys_of_its_schema():
    document = json.loads(run("estimate", "device=h100", "--format", "json").output)
    assert list(document) == [
        *("schema", "model", "workload", "device", "profile", "placement", "parallel"),
        *("attention", "seconds", "step_seconds", "seconds_per_video_second", "joules"),
        *("price_per_hour", "price", "terms"),
        *("phases", "peak_bytes", "peak_phase", "host_bytes"),
        *("step_moved_bytes", "device_bytes", "capacity_bytes", "verdict", "notes"),
    ]
    assert document["schema"] == "wanmeter.estimate/1"
    assert all(type(phase["weights_bytes"]) is int for phase in document["phases"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["estimate", "device=h101"], "unknown device 'h101'"),
        (["estimate", "placement.swap=1"], "unknown key 'placement.swap'"),
        (["estimate", "num_frames=5,9"], "this is a sweep"),
        (["fit"], "a device by name"),
        (["fit", "--vram", "-1"], "vram: got -1.0"),
        (["fit", "device=h100", "--vram", "24"], "given by name"),
        (["estimate", "-o", "x.csv"], "the formats are"),
    ],
)
def test_errors_are_one_line(arguments, said):
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1
