"""Overrides become a run; Hydra's errors become ours; an application's Hydra is left alone."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobRuntime
from hydra.version import VersionBase
from omegaconf import OmegaConf
from omegaconf.basecontainer import BaseContainer

from wanmeter import ConfigError, InvalidValueError, UnknownNameError, WanmeterError, configure
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


@pytest.mark.parametrize("model", option_names("model"))
@pytest.mark.parametrize("workload", option_names("workload"))
@pytest.mark.parametrize("transformer", option_names("transformer"))
def test_every_packaged_option_composes(model, workload, transformer):
    if (model, workload) == ("wan2_1_flf2v_14b", "wan2-1-1024-image"):
        pytest.skip("a first frame and a last are not one image")
    run = configure(
        overrides=[f"model={model}", f"workload={workload}", f"transformer={transformer}"]
    )
    assert run.model.name == model
    if workload != "wan2-1-ci-tiny":
        assert run.workload.num_inference_steps == run.model.num_inference_steps


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model=foo", "unknown model 'foo'; known: wan2_1_flf2v_14b, wan2_1_i2v_14b"),
        ("workload=wan2-1-720", "did you mean 'wan2-1-720p'"),
        ("transformer.layer_impl=foo", "unknown layer_impl 'foo'; known: shared, wan2_1"),
        ("workload.num_frame=5", "unknown key 'workload.num_frame'; did you mean"),
        ("+workload.foo=5", "nothing can be added; leave out the [+]"),
        ("++workload.num_frames=5", "nothing can be added; leave out the [+]"),
        ("+model=wan2_1_t2v_14b", "nothing can be added; leave out the [+]"),
        ("model@foo=wan2_1_t2v_14b", "packages cannot be changed; leave out the @"),
        ("workload.num_frames=int(5.9)", "functions are not evaluated"),
        ("workload.num_frames=int('5')", "functions are not evaluated"),
        ("workload.num_frames=int (81.9)", "functions are not evaluated"),
        ("workload.guidance=bool(0)", "functions are not evaluated"),
        ("vae.dim_mult=[int(1.9),2,4,4]", "functions are not evaluated"),
        ("vae.dim_mult=[1,[range(2,4)]]", "functions are not evaluated"),
        ("model.name=nothing(5)", "functions are not evaluated"),
        (r"model.name=$\{oc.env:HOME\}", r"model\.name: .* is not evaluated here"),
        ("vae.dim_mult=" + 120 * "[" + 120 * "]", "nests too deeply"),
        ("vae.dim_mult=" + 1500 * "[" + 1500 * "]", "nests too deeply"),
        ("workload.batch_size=1" + 5000 * "0", "too long: more than 4,096 characters"),
        ("workload.batch_size=1" + 4040 * "0", "allowed: a positive integer below 2.63"),
        ("workload.batch_size=" + 50_000 * "[", "too long: more than 4,096 characters"),
        ("workload.batch_size=" + 4000 * "[", "not an override"),
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
        ("~workload.height", "nothing can be deleted"),
        ("workload.num_frames=5,9", "one value is wanted, not a sweep"),
        ("workload.num_frames=range(5,9)", "one value is wanted, not a sweep"),
        ("model.name=${oc.env:HOME}", "interpolations are not evaluated"),
        ("model=[a,b]", "unknown model"),
        ("workload", "not an override; SECTION.KEY=VALUE or GROUP=NAME is wanted"),
        ("workload.height=[1", "not an override"),
        ("", "not an override"),
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


def test_nothing_is_evaluated_in_overrides(monkeypatch):
    monkeypatch.setenv("WANMETER_SECRET", "leaked")
    secret = "${oc.env:WANMETER_SECRET}"
    with pytest.raises(ConfigError, match=r"^overrides\[0\]: .* is not evaluated here"):
        configure(overrides=OmegaConf.create([f"model.name={secret}"]))
    run = configure(overrides=OmegaConf.create(["workload.num_frames=49"]))
    assert run.workload.num_frames == 49


def test_functions_that_are_refused_are_not_called():
    random.seed(1)
    first = random.random()
    random.seed(1)
    with pytest.raises(ConfigError, match="functions are not evaluated"):
        configure(overrides=["vae.dim_mult=shuffle([1,2,4,4])"])
    assert random.random() == first


class Text(str):
    """A text that may say something else when it is asked again."""


@pytest.mark.parametrize(
    "overrides",
    [None, 5, "model=wan2_1_t2v_14b", b"a=b", [5], [b"a=b"], [Text("workload.height=480")]],
)
def test_overrides_are_a_list_of_texts(overrides):
    with pytest.raises(InvalidValueError, match=r"overrides: got .*; allowed: a list of texts"):
        configure(overrides=overrides)


def test_an_applications_hydra_is_left_as_it_was():
    with initialize_config_module("wanmeter.configs", version_base="1.3"):
        theirs, state = GlobalHydra.instance(), dict(Singleton._instances)
        hydra, loader = theirs.hydra, theirs.config_loader()
        configure(overrides=["workload=wan2-1-720p"])
        with pytest.raises(UnknownNameError):
            configure(overrides=["model=foo"])
        assert GlobalHydra.instance() is theirs
        assert theirs.hydra is hydra
        assert theirs.config_loader() is loader
        assert Singleton._instances.keys() >= state.keys()
        assert all(Singleton._instances[cls] is state[cls] for cls in state)
        assert hydra_compose("config").workload.height == 480


def test_no_hydra_state_is_left_behind():
    run_state = (GlobalHydra, HydraConfig, JobRuntime, VersionBase)
    before = [Singleton._instances.pop(cls, None) for cls in run_state]
    configure()
    assert not any(cls in Singleton._instances for cls in run_state)
    Singleton._instances |= {c: s for c, s in zip(run_state, before, strict=True) if s is not None}


def test_threads_compose_at_once():
    models = 4 * option_names("model")
    with ThreadPoolExecutor(max_workers=4) as pool:
        runs = list(pool.map(lambda model: configure(overrides=[f"model={model}"]), models))
    assert [run.model.name for run in runs] == list(models)
    assert GlobalHydra not in Singleton._instances


def test_resolvers_are_left_as_they_were():
    table = BaseContainer._resolvers
    OmegaConf.register_new_resolver("now", lambda: "mine", replace=True)
    try:
        configure()
        assert BaseContainer._resolvers is table
        assert OmegaConf.create({"a": "${now:}"}).a == "mine"
    finally:
        OmegaConf.clear_resolver("now")


def test_errors_of_hydra_itself_become_ours(monkeypatch):
    monkeypatch.setattr("wanmeter.composition._check", lambda override: None)
    with pytest.raises(ConfigError, match=r"^configuration: .*num_frame"):
        configure(overrides=["workload.num_frame=5"])


PRESETS = {
    # The official sizes, and what they are called here: frames, height, width.
    "wan2-1-ci-tiny": (5, 256, 256),
    "wan2-1-480p": (81, 480, 832),
    "wan2-1-480p-portrait": (81, 832, 480),
    "wan2-1-720p": (81, 720, 1280),
    "wan2-1-720p-portrait": (81, 1280, 720),
    "wan2-1-1024-image": (1, 1024, 1024),
}


@pytest.mark.parametrize("name", option_names("workload"))
def test_the_packaged_workloads_are_the_official_sizes(name):
    workload = configure(overrides=[f"workload={name}"]).workload
    assert (workload.num_frames, workload.height, workload.width) == PRESETS[name]
    tiny = name == "wan2-1-ci-tiny"
    assert workload.guidance is not tiny
    assert (workload.text_len, workload.num_inference_steps) == ((64, 1) if tiny else (512, 50))


def test_the_core_is_read_without_qk_norm_and_with_the_exact_gelu():
    options = configure(overrides=["transformer=wan2_1_dit_core"]).transformer
    assert (options.scope, options.qk_norm, options.act_fn) == ("core", False, "GELUExact")
