"""Overrides become a run; Hydra's errors become ours; an application's Hydra is left alone."""

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.core.singleton import Singleton
from omegaconf import OmegaConf

from wanmeter import ConfigError, UnknownNameError, WanmeterError
from wanmeter.composition import compose
from wanmeter.options import option_names


def test_the_defaults():
    run = compose()
    assert run.model.name == "wan2_1_t2v_1_3b"
    assert run.workload.height == 480
    assert run.layer_impl.name == "shared"


def test_groups_and_values_are_overridden():
    run = compose(
        [
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
    run = compose([f"model={model}", f"workload={workload}", f"transformer={transformer}"])
    assert run.model.name == model
    if workload != "wan2-1-ci-tiny":
        assert run.workload.num_inference_steps == run.model.num_inference_steps


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model=foo", "unknown model 'foo'; known: wan2_1_t2i_14b, wan2_1_t2v_14b"),
        ("workload=wan2-1-720", "did you mean 'wan2-1-720p'"),
        ("transformer.layer_impl=foo", "unknown layer_impl 'foo'; known: shared, wan2_1"),
        ("workload.num_frame=5", "unknown key 'workload.num_frame'; did you mean"),
        ("+workload.foo=5", r"unknown key 'workload\.foo'"),
        ("++workload.foo=5", r"unknown key 'workload\.foo'"),
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
        ("workload.height={a:1}", "workload.height: got {'a': 1}; allowed: a positive multiple"),
    ],
)
def test_bad_overrides_are_one_clear_line(override, message):
    with pytest.raises(WanmeterError, match=message) as caught:
        compose([override])
    assert "\n" not in str(caught.value)


def test_added_keys_that_exist_are_refused_by_hydra_or_taken():
    assert compose(["++workload.num_frames=5"]).workload.num_frames == 5


def test_an_applications_hydra_is_left_as_it_was():
    with initialize_config_module("wanmeter.configs", version_base="1.3"):
        theirs, state = GlobalHydra.instance(), dict(Singleton._instances)
        hydra, loader = theirs.hydra, theirs.config_loader()
        compose(["workload=wan2-1-720p"])
        with pytest.raises(UnknownNameError):
            compose(["model=foo"])
        assert GlobalHydra.instance() is theirs
        assert theirs.hydra is hydra
        assert theirs.config_loader() is loader
        assert Singleton._instances.keys() >= state.keys()
        assert all(Singleton._instances[cls] is state[cls] for cls in state)
        assert hydra_compose("config").workload.height == 480


def test_no_hydra_state_is_left_behind():
    compose()
    assert not GlobalHydra.instance().is_initialized()


def test_resolvers_are_left_as_they_were():
    OmegaConf.register_new_resolver("now", lambda: "mine", replace=True)
    try:
        compose()
        assert OmegaConf.create({"a": "${now:}"}).a == "mine"
    finally:
        OmegaConf.clear_resolver("now")


def test_errors_of_hydra_itself_become_ours(monkeypatch):
    monkeypatch.setattr("wanmeter.composition._check", lambda override: None)
    with pytest.raises(ConfigError, match=r"^configuration: .*num_frame"):
        compose(["workload.num_frame=5"])
