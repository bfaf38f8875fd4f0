"""Overrides become a run; Hydra's errors become ours; an application's Hydra is left alone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve
from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.version import getbase

from wanmeter import (
    ConfigError,
    InvalidValueError,
    TransformerOptions,
    UnknownNameError,
    WanmeterError,
    configure,
    meter,
)
from wanmeter.configs import option_names


def test_the_defaults():
    run = configure()
    assert run.model.name == "wan2_1_t2v_1_3b"
    assert run.workload.height == 480
    assert run.layer_impl.name == "shared"


def test_groups_and_values_are_overridden():
    run = configure(
        overrides=[
            "model=wan2_1_t2v_14b",
            "workload=wan2-1-720p",
            "workload.num_inference_steps=4",
            "transformer.layer_impl=wan2_1",
            "transformer.weight_bits=8",
        ]
    )
    assert run.model.dim == 5120
    assert run.workload.num_inference_steps == 4
    assert run.layer_impl.name == "wan2_1"
    assert run.transformer.weight_bits == 8


STEPS = {
    "wan2-1-ci-tiny": 1,
    "wan2-2-5b-fastwan": 3,
    "wan2-2-a14b-lightx2v": 4,
    "wan2-2-a14b-mlperf": 20,
    "wan2-2-a14b-turbodiffusion": 4,
}
"""The steps of presets that do not leave them to the model."""

FITTING_5B = {
    *(name for name in option_names("workload") if "5b" in name),
    "wan2-1-1024-image",
    "wan2-1-480p",
    "wan2-1-480p-portrait",
    "wan2-1-ci-tiny",
    "wan2-2-a14b-480p",
    "wan2-2-a14b-480p-portrait",
}


@pytest.mark.parametrize("model", option_names("model"))
@pytest.mark.parametrize("workload", option_names("workload"))
def test_every_packaged_option_composes(model, workload):
    if "t2i" in model and workload != "wan2-1-1024-image":
        pytest.skip("an image is no video")
    if (model, workload) == ("wan2_1_flf2v_14b", "wan2-1-1024-image"):
        pytest.skip("a first frame and a last are not one image")
    if "5b" in model and workload not in FITTING_5B:
        pytest.skip("the 5B's sides are multiples of 32")
    if "turbodiffusion" in workload and "a14b" not in model:
        pytest.skip("it says the steps of each expert")
    run = configure(overrides=[f"model={model}", f"workload={workload}"])
    assert run.model.name == model
    if workload not in STEPS:
        assert run.workload.num_inference_steps == run.model.num_inference_steps


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model=foo", "unknown model 'foo'; known: wan2_1_flf2v_14b, wan2_1_i2v_14b"),
        ("workload=wan2-1-720", "did you mean 'wan2-1-720p'"),
        ("transformer.layer_impl=foo", "unknown layer_impl 'foo'; known: shared, wan2_1"),
        ("workload.num_frame=5", "unknown key 'workload.num_frame'; did you mean"),
        ("+workload.foo=5", "GROUP=NAME, without [+], ~ or @"),
        ("++workload.num_frames=5", "GROUP=NAME, without [+], ~ or @"),
        ("+model=wan2_1_t2v_14b", "GROUP=NAME, without [+], ~ or @"),
        ("model@foo=wan2_1_t2v_14b", "GROUP=NAME, without [+], ~ or @"),
        ("workload.num_frames=int(foo)", "not a valid override .*invalid literal for int"),
        ("vae.dim_mult=[1,[range(2,4)]]", "Error merging override vae.dim_mult"),
        ("model.name=nothing(5)", "not a valid override .*Unknown function 'nothing'"),
        ("workload.num_frames=" + 700 * "int(" + "5" + 700 * ")", "nests too deeply"),
        ("vae.dim_mult=" + 120 * "[" + 120 * "]", "nests too deeply"),
        ("vae.dim_mult=" + 1500 * "[" + 1500 * "]", "nests too deeply"),
        ("workload.batch_size=1" + 5000 * "0", "too long: more than 4,096 characters"),
        ("workload.batch_size=1" + 4040 * "0", "allowed: a positive integer below 2.63"),
        ("workload.batch_size=" + 50_000 * "[", "too long: more than 4,096 characters"),
        ("workload.batch_size=" + 4000 * "[", "not a valid override"),
        ("model.name=???", r"configuration\.model\.name: Missing mandatory value"),
        ("workload.batch_size=1" + 400 * "0", "allowed: a positive integer below 2.63"),
        (
            "stages=[foo]",
            "unknown stage of wan2_1_t2v_1_3b 'foo'; known: text_encoder, transformer",
        ),
        ("stages=transformer", "stages: got 'transformer'; allowed: a list of"),
        (
            "stages=[vae_encode]",
            "unknown stage of wan2_1_t2v_1_3b 'vae_encode'; did you mean 'vae_decode'",
        ),
        ("workload.num_reference_images=1", "takes no reference images"),
        ("workload.width=16400", "workload.width: got 16400; allowed: at most 1024 patches"),
        ("image_encoder.layers_run=33", "allowed: at most num_layers = 32"),
        ("vae.dim_mult=[1,2]", "vae.dim_mult: got .*; allowed: 4 levels"),
        (
            "vae.dim_mult=12",
            r"vae.dim_mult: got 12; allowed: a list of positive integers below 2\^63",
        ),
        ("text_encoder.dim=4097", "text_encoder.dim: got 4097; allowed: model.text_dim = 4096"),
        ("workload._target_=os.system", r"unknown key 'workload\._target_'"),
        ("hydra.run.dir=/tmp", "unknown key 'hydra.run.dir'"),
        ("~workload.height", "GROUP=NAME, without [+], ~ or @"),
        ("workload.num_frames=5,9", "this is a sweep; give one value"),
        ("workload.num_frames=range(5,9)", "this is a sweep; give one value"),
        (
            "vae.bits=${transformer.bit}",
            r"vae\.bits: Interpolation key 'transformer.bit' not found",
        ),
        ("vae.bits=${vae.bits}", r"vae\.bits: Recursive interpolation detected"),
        ("vae.bits=${oc.select:vae.bits}", r"vae\.bits: RecursionError"),
        ("vae.bits=${nothing:5}", r"vae\.bits: Unsupported interpolation type nothing"),
        ("model.name=${oc.env:WANMETER_UNSET}", "Environment variable 'WANMETER_UNSET' not found"),
        ("model.name=${", "not a valid override"),
        ("workload.width=${model.name}", "workload.width: got 'wan2_1_t2v_1_3b'; allowed"),
        ("model=${oc.env:MODEL}", "unknown model '[$]{oc.env:MODEL}'; known: wan2_1_flf2v_14b"),
        ("model=[a,b]", "unknown model"),
        ("workload", "workload: write workload=NAME"),
        ("t2v-14b", "t2v-14b: write model=t2v-14b"),
        ("720p", "720p: write workload=720p"),
        ("1280x720", "1280x720: write size=1280x720"),
        ("h100", "h100: write device=h100"),
        ("num_frames", "num_frames: write num_frames=VALUE"),
        ("nothing", "not a valid override; write SECTION.KEY=VALUE or GROUP=NAME"),
        ("./nothing", "not a valid override; to cost a folder, use --model-dir or load_model_dir"),
        ("workload.height=[1", "not a valid override"),
        ("", "not a valid override"),
        ("workload.height={a:1}", "workload.height: got {'a': 1}; allowed: a positive integer"),
    ],
)
def test_bad_overrides_are_one_clear_line(override, message):
    with pytest.raises(WanmeterError, match=message) as caught:
        configure(overrides=[override])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [iter, tuple, dict.fromkeys])
def test_overrides_come_in_anything_that_can_be_gone_through(kind):
    run = configure(overrides=kind(["model=wan2_1_t2v_14b", "workload.num_frames=49"]))
    assert (run.model.name, run.workload.num_frames) == ("wan2_1_t2v_14b", 49)


def test_an_interpolation_is_resolved_even_if_an_argument_holds_over_it():
    with pytest.raises(ConfigError, match=r"num_frames: Interpolation key 'nothing' not found"):
        configure(overrides=["num_frames=${nothing}"], num_frames=49)


def test_interpolations_are_resolved(monkeypatch):
    monkeypatch.setenv("WANMETER_FRAMES", "49")
    run = configure(
        overrides=[
            "transformer.bits=8",
            "vae.bits=${transformer.bits}",
            "vae.dim_mult=[1,2,'${vae.bits}',4]",
            "workload.num_frames='${oc.decode:${oc.env:WANMETER_FRAMES}}'",
        ]
    )
    assert (run.vae.bits, run.vae.dim_mult) == (8, (1, 2, 8, 4))
    assert run.workload.num_frames == 49


def test_an_environment_variable_is_read_each_time(monkeypatch):
    for name in ("one", "another"):
        monkeypatch.setenv("WANMETER_NAME", name)
        run = configure(overrides=["model.name=${oc.env:WANMETER_NAME}"])
        assert run.model.name == name


def test_interpolations_refer_to_what_is_chosen_by_any_argument():
    overrides = ["vae.bits=${transformer.bits}", "workload.height=${workload.width}"]
    run = configure(transformer=TransformerOptions(bits=8), width=512, overrides=overrides)
    assert (run.vae.bits, run.workload.height) == (8, 512)


def test_texts_in_typed_arguments_are_not_resolved(monkeypatch):
    monkeypatch.setenv("WANMETER_SECRET", "leaked")
    secret = "${oc.env:WANMETER_SECRET}"
    model = evolve(configure().model, name=secret)
    assert configure(model, overrides=["vae.bits=${transformer.bits}"]).model.name == secret


@pytest.mark.parametrize(
    ("override", "frames"),
    [("int(5.9)", 5), ("int('5')", 5), ("int (81.9)", 81)],
)
def test_casts_are_hydras(override, frames):
    run = configure(overrides=[f"workload.num_frames={override}"])
    assert run.workload.num_frames == frames


def test_functions_are_hydras():
    overrides = ["workload.guidance=bool(0)", "vae.dim_mult=sort([int(4.9),2,1,4])"]
    run = configure(overrides=overrides)
    assert (run.workload.guidance, run.vae.dim_mult) == (False, (1, 2, 4, 4))


def test_functions_without_assert_statements_are_refused_in_a_line():
    """Hydra's parser works by `assert`; under `python -O` it cannot parse functions and dicts."""
    code = "import wanmeter; wanmeter.sweep(overrides=['num_frames=range(5,9,4)'])"
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True)
    assert done.stderr.endswith("under `python -O`; run Python without it\n")
    listed = code.replace("range(5,9,4)", "5,9")
    subprocess.run([sys.executable, "-O", "-c", listed], check=True)


def test_nothing_is_instantiated():
    """Hydra's `instantiate` would make 5 of it."""
    with pytest.raises(InvalidValueError, match=r"workload\.num_frames: got {.*'_target_'"):
        configure(overrides=["workload.num_frames={_target_:builtins.int,_args_:[5]}"])


class Text(str):
    """A text that may say something else when it is asked again."""


@pytest.mark.parametrize(
    "overrides",
    [None, 5, "model=wan2_1_t2v_14b", b"a=b", [5], [b"a=b"], [Text("workload.height=480")]],
)
def test_overrides_are_a_list_of_texts(overrides):
    with pytest.raises(InvalidValueError, match=r"overrides: got .*; allowed: a list of strings"):
        configure(overrides=overrides)


def test_an_application_that_composes_goes_on_composing():
    with initialize_config_module("wanmeter.configs", job_name="theirs", version_base="1.2"):
        theirs = GlobalHydra.instance()
        hydra = theirs.hydra
        meter(overrides=["workload=wan2-1-720p"])
        with pytest.raises(UnknownNameError):
            meter(overrides=["model=foo"])
        assert GlobalHydra.instance() is theirs
        assert theirs.hydra is hydra
        assert str(getbase()) == "1.2"
        composed = hydra_compose("config", ["model=wan2_1_t2v_14b"], return_hydra_config=True)
        assert composed.model.name == "wan2_1_t2v_14b"
        assert composed.workload.height == 480
        assert composed.hydra.job.name == "theirs"


APPLICATION = """
import hydra
from hydra.core.hydra_config import HydraConfig

import wanmeter

@hydra.main(version_base="1.3", config_path=None)
def main(config):
    name = HydraConfig.get().job.name
    report = wanmeter.meter(num_frames=config.frames)
    print(name, report.workload.num_frames, HydraConfig.get().job.name)

main()
"""


def test_each_job_of_an_application_runs_with_its_own_hydra(tmp_path):
    """A job's name names its log file; Hydra reads it anew for the second job."""
    (tmp_path / "theirs.py").write_text(APPLICATION)
    command = [sys.executable, "theirs.py", "--multirun", "+frames=5,9"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if line.startswith("theirs")]
    assert said == ["theirs 5 theirs", "theirs 9 theirs"]


def test_no_hydra_is_left_initialised():
    configure(overrides=["workload.num_frames=9"])
    assert not GlobalHydra.instance().is_initialized()


def test_threads_compose_at_once():
    models = 4 * option_names("model")
    with ThreadPoolExecutor(max_workers=4) as pool:
        runs = list(pool.map(lambda model: configure(overrides=[f"model={model}"]), models))
    assert [run.model.name for run in runs] == list(models)
    assert not GlobalHydra.instance().is_initialized()


PRESETS = {
    # The official sizes, and what they are called here: frames, height, width.
    "wan2-1-ci-tiny": (5, 256, 256),
    "wan2-1-480p": (81, 480, 832),
    "wan2-1-480p-portrait": (81, 832, 480),
    "wan2-1-720p": (81, 720, 1280),
    "wan2-1-720p-portrait": (81, 1280, 720),
    "wan2-1-1024-image": (1, 1024, 1024),
    "wan2-2-a14b-480p": (81, 480, 832),
    "wan2-2-a14b-480p-portrait": (81, 832, 480),
    "wan2-2-a14b-720p": (81, 720, 1280),
    "wan2-2-a14b-720p-portrait": (81, 1280, 720),
    "wan2-2-5b-720p": (121, 704, 1280),
    "wan2-2-5b-720p-portrait": (121, 1280, 704),
    # What others run.
    "wan2-2-a14b-lightx2v": (81, 720, 1280),
    "wan2-2-a14b-mlperf": (81, 720, 1280),
    "wan2-2-a14b-turbodiffusion": (77, 720, 1280),
    "wan2-2-5b-fastwan": (121, 704, 1280),
}

DISTILLED = {"wan2-1-ci-tiny", *(name for name in STEPS if "mlperf" not in name)}
"""Presets without guidance."""


@pytest.mark.parametrize("name", option_names("workload"))
def test_the_packaged_workloads_are_the_official_sizes(name):
    model = "ti2v-5b" if "5b" in name else "t2v-a14b" if "a14b" in name else "t2v-14b"
    run = configure(overrides=[f"model={model}", f"workload={name}"])
    workload = run.workload
    assert (workload.num_frames, workload.height, workload.width) == PRESETS[name]
    assert workload.guidance is (name not in DISTILLED)
    assert workload.text_len == (64 if name == "wan2-1-ci-tiny" else 512)
    assert workload.num_inference_steps == STEPS.get(name, run.model.num_inference_steps)
    assert workload.sample_shift == (5.0 if "lightx2v" in name or "fastwan" in name else None)


def test_the_core_is_read_without_qk_norm_and_with_the_exact_gelu():
    options = configure(overrides=["transformer=wan2_1_dit_core"]).transformer
    assert (options.scope, options.qk_norm, options.act_fn) == ("core", False, "GELUExact")
