"""`meter`: names or objects, and workload overrides."""

from enum import StrEnum

import numpy as np
import pytest
from attrs import evolve

from wanmeter import (
    InvalidValueError,
    UnknownNameError,
    get_backend,
    meter,
)

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
        (("wan2_1_t2v_14b", "720p"), "unknown workload '720p'"),
        (("wan2_1_t2v_14b", "wan2-1-720p", "foo"), "unknown layer_impl 'foo'"),
        (("model=x",), "unknown model 'model=x'"),
    ],
)
def test_unknown_names(arguments, message):
    with pytest.raises(UnknownNameError, match=message):
        meter(*arguments)


@pytest.mark.parametrize("model", [5, None, {"dim": 3}])
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
    meter("wan2_1_t2v_14b", "wan2-1-ci-tiny")
    for model in (Name.MODEL, np.array(["wan2_1_t2v_14b"])):
        with pytest.raises(
            InvalidValueError, match=r"model: got .*; allowed: a name or a ModelSpec"
        ):
            meter(model)
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
