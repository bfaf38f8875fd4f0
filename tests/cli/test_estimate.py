"""`wanmeter estimate` and `wanmeter fit`: the answer first, at 80 columns; JSON; a figure."""

import json
import re
import shlex

import pytest
from click.testing import CliRunner

from tests.strategies import EVERY_MODEL
from wanmeter import estimate, fit
from wanmeter.cli.main import main


def run(*arguments, env=None):
    return CliRunner(env=env).invoke(main, arguments)


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
        (["fit"], "device: none is chosen; write device=NAME or --vram GIB"),
        (["fit", "device=h100", "profile=official"], "fit runs as diffusers does"),
        (["estimate", "blocks_to_swap=10"], "profile=diffusers takes it"),
        (["estimate", "quantized=fp8"], "profile=diffusers takes it"),
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


def test_the_command_of_a_fit_can_be_pasted():
    """It has what the user gave, and fits."""
    given = ["model=t2v-14b", "workload=480p", "device=rtx_4090", "quantized=fp8"]
    output = run("fit", *given, env={"COLUMNS": "80"}).output
    command = output[output.index("\nwanmeter ") :].replace("\\\n", " ")
    program, *arguments = shlex.split(command)
    assert (program, arguments[:2]) == ("wanmeter", ["estimate", "profile=diffusers"])
    assert set(given) < set(arguments)
    (told,) = re.findall(r"All together: fits; (about .* min .*); .* GiB in use", output)
    answer = run(*arguments).output
    assert f"{told[0].upper()}{told[1:]} on one NVIDIA GeForce RTX 4090; fits" in answer


def test_a_change_takes_the_place_of_what_the_user_set():
    output = run("fit", "workload.num_frames=81", "model=t2v-14b", "--vram", "3").output
    command = output[output.index("\nwanmeter ") :]
    assert re.findall(r"num_frames=\d+", command) == ["num_frames=13"]


def test_words_with_spaces_and_brackets_are_quoted():
    output = run("fit", "stages=[transformer, vae_decode]", "--vram", "3").output
    assert " 'stages=[transformer, vae_decode]' " in output


def test_one_frame_is_one():
    output = run("fit", "num_frames=1", "model=t2v-14b", "--vram", "32").output
    assert "1 frames" not in output
    assert "1 frame" in output


@pytest.mark.parametrize(
    ("arguments", "hints"),
    [
        (["model=t2v-14b", "device=rtx_4090"], {"finds what to change"}),
        (["model=t2v-14b", "device=h100"], set()),
        (["model=t2v-14b"], {"device=NAME says if it fits"}),
        (["model=t2v-14b", "device=rtx_4090", "ulysses_degree=2"], set()),
    ],
)
def test_an_estimate_says_what_to_do_next(arguments, hints):
    output = " ".join(run("estimate", *arguments).output.split())
    every = {"finds what to change", "device=NAME says if it fits"}
    assert {each for each in every if each in output} == hints


@pytest.mark.parametrize("device", ["h100", "rtx_4090", "a100", "h20"])
def test_marks_are_explained_where_a_row_has_them(device):
    table, _, footer = run("estimate", "model=t2v-14b", f"device={device}").output.partition(
        "The band"
    )
    assert (" * " in table) == ("* assumed" in footer)
    assert (" ** " in table) == ("** fitted" in footer)


@pytest.mark.parametrize("device", ["h100", "rtx_4090", "a100"])
def test_one_gpu_is_on_a_screen(device):
    output = run("estimate", "model=t2v-14b", f"device={device}", env={"COLUMNS": "80"}).output
    assert len(output.splitlines()) <= 24


@pytest.mark.parametrize(("placement", "moves"), [("resident", False), ("group_offload", True)])
def test_what_a_step_moves_is_said_if_it_is_anything(placement, moves):
    output = run("estimate", "profile=diffusers", f"placement={placement}").output
    assert ("; a step moves" in output) is moves
