"""`configure` takes names or objects, workload fields, override texts, and runs to start from."""

from enum import StrEnum

import numpy as np
import pytest
from attrs import evolve, fields

from wanmeter import (
    ConfigError,
    InvalidValueError,
    Meter,
    Report,
    Run,
    UnknownNameError,
    VaeSpec,
    Workload,
    configure,
    get_backend,
    meter,
    sweep,
)
from wanmeter.configuring import Configuration
from wanmeter.models import COMPONENTS

BASE = meter("wan2_1_t2v_14b", "wan2-1-720p")


def test_overrides_are_workload_fields():
    report = meter("wan2_1_t2v_14b", "wan2-1-720p", num_frames=49, guidance=False)
    assert report.workload == evolve(BASE.workload, num_frames=49, guidance=False)


def test_steps_left_out_are_the_models_default():
    assert BASE.workload.num_inference_steps == 50
    model = evolve(BASE.model, num_inference_steps=40)
    assert meter(model, "wan2-1-720p").workload.num_inference_steps == 40
    assert meter(model, "wan2-1-ci-tiny").workload.num_inference_steps == 1
    assert meter(model, "wan2-1-720p", num_inference_steps=7).workload.num_inference_steps == 7


def test_objects_stand_for_names():
    assert meter(BASE.model, BASE.workload, transformer=BASE.components.transformer) == BASE
    assert meter("wan2_1_t2v_14b", BASE.workload) == BASE


def test_a_backend_by_name_or_object():
    by_name = meter("wan2_1_t2v_14b", "wan2-1-720p", "wan2_1")
    by_object = meter("wan2_1_t2v_14b", "wan2-1-720p", get_backend("wan2_1"))
    assert by_name == by_object
    assert by_name.provenance.layer_impl == "wan2_1"
    assert by_name.total == BASE.total


def test_one_call_does_not_leak_into_the_next():
    meter("wan2_1_t2v_14b", "wan2-1-720p", num_frames=5)
    assert meter("wan2_1_t2v_14b", "wan2-1-720p") == BASE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("wan14",), "unknown model 'wan14'; known: "),
        (("wan2_1_t2v_14b", "1080p"), "unknown workload '1080p'"),
        (("wan2_1_t2v_14b", "wan2-1-720p", "foo"), "unknown layer_impl 'foo'"),
        (("model=x",), "unknown model 'model=x'"),
    ],
)
def test_unknown_names(arguments, message):
    with pytest.raises(UnknownNameError, match=message):
        meter(*arguments)


@pytest.mark.parametrize("model", [5, {"dim": 3}])
def test_a_model_is_a_name_or_a_spec(model):
    with pytest.raises(InvalidValueError, match=r"model: got .*; allowed: a name or a ModelSpec"):
        meter(model)


class Name(StrEnum):
    """A text, and something else as well."""

    MODEL = "wan2_1_t2v_14b"
    BACKEND = "wan2_1"
    STAGE = "transformer"


def test_names_are_plain_texts():
    """Whatever was asked before: what is equal to a name is not one."""
    assert meter("wan2_1_t2v_14b", "wan2-1-ci-tiny") == meter(Name.MODEL, "wan2-1-ci-tiny")
    with pytest.raises(InvalidValueError, match=r"model: got .*; allowed: a name or a ModelSpec"):
        meter(np.array(["wan2_1_t2v_14b"]))
    for backend in (Name.BACKEND, np.array(["wan2_1"]), np.array(["a", "b"])):
        with pytest.raises(UnknownNameError, match="unknown layer_impl"):
            meter("wan2_1_t2v_14b", "wan2-1-720p", backend)
    for task in (np.array(["t2v"]), np.array(["t2v", "i2v"]), Name.MODEL):
        with pytest.raises(InvalidValueError, match=r"model\.task: got "):
            evolve(BASE.model, task=task)
    with pytest.raises(InvalidValueError, match=r"stages: got "):
        meter("wan2_1_t2v_14b", stages=[Name.STAGE])
    for path in (Name.STAGE, np.zeros((3, 3))):
        with pytest.raises(UnknownNameError, match="unknown module"):
            BASE[path]
    with pytest.raises(InvalidValueError, match=r"model\.name: got "):
        evolve(BASE.model, name=Name.MODEL)


def test_no_steps_are_no_override():
    with pytest.raises(InvalidValueError, match=r"workload\.num_inference_steps: got None"):
        meter("wan2_1_t2v_14b", "wan2-1-ci-tiny", num_inference_steps=None)


def test_stages_restrict_the_run_and_change_nothing_else():
    core = meter("wan2_1_t2v_14b", "wan2-1-720p", stages=["transformer"])
    assert core.total == BASE["transformer"].cost
    assert core.modules == tuple(row for row in BASE if row.path.startswith("transformer"))


def test_unknown_and_invalid_overrides():
    with pytest.raises(UnknownNameError, match="'frames'; did you mean 'num_frames'"):
        meter("wan2_1_t2v_14b", frames=5)
    with pytest.raises(InvalidValueError, match=r"workload.num_frames: got 80"):
        meter("wan2_1_t2v_14b", num_frames=80)


def test_everything_left_out_is_as_packaged():
    run = configure()
    assert (run.model.name, run.workload.num_frames) == ("wan2_1_t2v_1_3b", 81)
    assert run.layer_impl.name == "shared"
    assert configure(num_frames=9).workload == evolve(run.workload, num_frames=9)


def test_overrides_are_those_of_the_command_line():
    texts = ["workload=wan2-1-720p", "vae.bits=16", "workload.num_frames=49", "stages=[vae_decode]"]
    run = configure("wan2_1_t2v_14b", overrides=texts)
    assert (run.workload.height, run.workload.num_frames, run.vae.bits) == (720, 49, 16)
    assert run.stages == ("vae_decode",)
    assert meter("wan2_1_t2v_14b", overrides=texts) == Report.of(run)
    assert Meter("wan2_1_t2v_14b", overrides=texts).run == run
    assert sweep("wan2_1_t2v_14b", overrides=texts)["vae_decode/flops"].tolist() == [
        Report.of(run).total.flops
    ]


def test_of_one_field_the_argument_holds():
    backend = ["transformer.layer_impl=wan2_1", "workload.num_frames=49"]
    assert configure(overrides=backend).layer_impl.name == "wan2_1"
    run = configure(None, None, "shared", overrides=backend, num_frames=5, stages=["transformer"])
    assert (run.layer_impl.name, run.workload.num_frames) == ("shared", 5)
    assert run.stages == ("transformer",)


@pytest.mark.parametrize(
    ("arguments", "override"),
    [
        (("wan2_1_t2v_14b",), "model=wan2_1_i2v_14b"),
        ((BASE.model,), "model=wan2_1_i2v_14b"),
        ((None, "wan2-1-720p"), "workload=wan2-1-480p"),
        ((None, BASE.workload), "workload=wan2-1-480p"),
    ],
)
def test_what_an_argument_chooses_an_override_cannot(arguments, override):
    group = override.partition("=")[0]
    with pytest.raises(ConfigError, match=f"^{group}: chosen twice"):
        configure(*arguments, overrides=[override])


RUN = configure("wan2_1_t2v_14b", "wan2-1-720p", "wan2_1", stages=["transformer"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"num_frames": 5}, {"workload": evolve(RUN.workload, num_frames=5)}),
        ({"layer_impl": "shared"}, {"layer_impl": "shared"}),
        ({"overrides": ["transformer.layer_impl=shared"]}, {"layer_impl": "shared"}),
        ({"overrides": ["stages=[vae_decode]"]}, {"stages": ["vae_decode"]}),
        ({"stages": ["vae_decode"]}, {"stages": ["vae_decode"]}),
        ({"overrides": ["vae.bits=8"]}, {"vae": VaeSpec(bits=8)}),
        (
            {"workload": "wan2-1-480p"},
            {"workload": configure("wan2_1_t2v_14b", "wan2-1-480p").workload},
        ),
        (
            {"overrides": ["workload=wan2-1-480p"]},
            {"workload": configure("wan2_1_t2v_14b", "wan2-1-480p").workload},
        ),
    ],
)
def test_a_run_is_a_start(changes, expected):
    """What is not replaced stays."""
    assert configure(RUN, **changes) == evolve(RUN, **expected)


def test_a_run_is_made_once(monkeypatch):
    made = []
    checked = Run.__attrs_post_init__

    def post_init(self):
        made.append(self.layer_impl.name)
        checked(self)

    monkeypatch.setattr(Run, "__attrs_post_init__", post_init)
    configure("wan2_1_t2v_14b", "wan2-1-720p", "wan2_1")
    assert made == ["wan2_1"]


def test_components_are_names_or_objects():
    half = configure("wan2_1_t2v_14b", vae=VaeSpec(bits=16), overrides=["vae.weight_bits=8"]).vae
    assert half == VaeSpec(bits=16, weight_bits=8)
    assert configure(vae="wan2_1_vae") == configure()
    with pytest.raises(UnknownNameError, match="unknown vae 'wan'"):
        configure(vae="wan")


@pytest.mark.parametrize("argument", ["workload", "transformer", "vae"])
def test_a_run_stands_for_a_model_alone(argument):
    with pytest.raises(InvalidValueError, match=f"{argument}: got .*; allowed: a name or a"):
        configure(**{argument: RUN})


def test_every_field_of_a_workload_can_be_given():
    names = {field.name for field in fields(Workload)}
    assert names <= Configuration.__annotations__.keys()
    assert Configuration.__annotations__.keys() - names == {
        *COMPONENTS,
        "stages",
        "overrides",
        "image_size",
    }


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("wan2_1_t2v_1_3b", (832, 480, 81)),
        ("wan2_1_vace_1_3b", (832, 480, 81)),
        ("wan2_1_t2v_14b", (1280, 720, 81)),
        ("wan2_1_i2v_14b", (1280, 720, 81)),
        ("wan2_1_flf2v_14b", (1280, 720, 81)),
        ("wan2_1_vace_14b", (1280, 720, 81)),
        ("wan2_1_t2i_14b", (1024, 1024, 1)),
        ("wan2_2_t2v_a14b", (1280, 720, 81)),
        ("wan2_2_i2v_a14b", (1280, 720, 81)),
        ("wan2_2_ti2v_5b", (1280, 704, 121)),
    ],
)
def test_a_model_brings_the_workload_that_it_is_made_for(model, size):
    spec = configure(model).model
    for run in (configure(model), configure(spec), configure(overrides=[f"model={model}"])):
        workload = run.workload
        assert (workload.width, workload.height, workload.num_frames) == size
    changed = configure(overrides=[f"model={model}", "steps=3", "guidance=false"]).workload
    assert changed == evolve(configure(model).workload, num_inference_steps=3, guidance=False)


def test_an_image_model_makes_no_video():
    with pytest.raises(InvalidValueError, match=r"num_frames: got 5; allowed: 1: wan2_1_t2i_14b m"):
        configure("t2i", num_frames=5)


@pytest.mark.parametrize(
    "override",
    [
        "size=16400x1280",  # beyond the rotary table
        "text_encoder.dim=32",
        "image_encoder.dim=640",
        "model.image_dim=640",
        "model.in_dim=17",
    ],
)
def test_a_restricted_run_is_checked_for_what_its_stages_need(override):
    for model in ("t2v-14b", "i2v-14b"):
        run = configure(model, "480p", stages=["vae_decode"], overrides=[override])
        assert meter(run).total.flops > 0
    with pytest.raises(InvalidValueError):
        configure("i2v-14b", "480p", overrides=[override])
