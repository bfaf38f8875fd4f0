"""Whatever is an integer to Python is one here, exactly; what only looks like one is refused."""

from enum import IntEnum

import numpy as np
import pytest
from attrs import asdict, fields

from wanmeter import (
    ImageEncoderSpec,
    InvalidValueError,
    ModelSpec,
    StageCost,
    StepScaled,
    VaeSpec,
    Workload,
    configure,
    meter,
    sweep,
)
from wanmeter.layers import Conv3d, Linear, Precision


class Index:
    """An integer of nobody's library."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Side(IntEnum):
    """Named integers."""

    HEIGHT = 480


KINDS = [np.int64, np.int32, np.uint16, np.array, Index]
GIVEN = {"batch_size": 2, "num_frames": 81, "height": 480, "width": 832, "num_inference_steps": 4}


@pytest.mark.parametrize("kind", KINDS)
def test_integers_of_other_libraries_are_taken_and_stored_as_ints(kind):
    workload = Workload(**{name: kind(value) for name, value in GIVEN.items()})
    assert workload == Workload(**GIVEN)
    optional = {each.name for each in fields(Workload) if each.metadata.get("optional")}
    counts = {each.name for each in fields(Workload)} - optional - {"guidance"}
    assert all(type(asdict(workload)[name]) is int for name in counts)
    assert meter("t2v-14b", workload).to_json() == meter("t2v-14b", Workload(**GIVEN)).to_json()
    assert configure("t2v-14b", num_frames=kind(81)) == configure("t2v-14b", num_frames=81)


@pytest.mark.parametrize("kind", KINDS)
def test_layers_and_costs_take_them_too(kind):
    shape = {"batch_size": 1, "tokens": 3, "in_features": 5, "out_features": 7}
    layer = Linear(**{name: kind(value) for name, value in shape.items()})
    assert layer == Linear(**shape)
    assert layer.cost == Linear(**shape).cost
    assert StepScaled(layer, kind(3)).cost == layer.cost.rerun(3)
    assert Precision(bits=kind(8)).bits == 8
    side = tuple(map(kind, (1, 4, 4)))
    conv = Conv3d(
        batch_size=1,
        in_channels=2,
        out_channels=2,
        kernel_size=(1, 3, 3),
        input_size=side,
        output_size=side,
    )
    assert all(type(length) is int for length in (*conv.input_size, *conv.output_size))
    assert VaeSpec(dim_mult=[kind(1), kind(2), kind(4), kind(4)]).dim_mult == (1, 2, 4, 4)


def test_numbers_stay_exact_where_those_of_the_library_would_overflow():
    large = StageCost(flops=2**62)
    assert large.rerun(np.int32(1000)).flops == 1000 * 2**62
    assert large.stacked(np.uint8(200)).flops == 200 * 2**62
    assert large.holding(np.int8(100)).activation_bytes == 100


def test_a_named_integer_is_its_number():
    workload = Workload(**{**GIVEN, "height": Side.HEIGHT})
    assert type(workload.height) is int


@pytest.mark.parametrize(
    "value",
    [True, np.True_, 81.0, np.float64(81), "81", None, [81], np.array([81, 85]), 81j, Index(81.0)],
)
def test_what_only_looks_like_an_integer_is_refused(value):
    with pytest.raises(InvalidValueError, match=r"workload\.num_frames: got "):
        Workload(**{**GIVEN, "num_frames": value})
    with pytest.raises(InvalidValueError, match=r"StageCost\.rerun: got "):
        StageCost().rerun(value)


@pytest.mark.parametrize("value", [np.int64(-1), Index(0), Index(2**63), np.uint64(2**63)])
def test_bounds_hold_for_them(value):
    with pytest.raises(InvalidValueError, match=r"workload\.batch_size: got "):
        Workload(**{**GIVEN, "batch_size": value})


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_fields_that_depend_on_each_other_do_not_overflow(kind):
    model = ModelSpec(name="m", dim=5120, ffn_dim=64, num_heads=kind(40), num_layers=kind(2))
    assert (model.num_heads, type(model.num_heads)) == (40, int)
    assert ImageEncoderSpec(num_heads=kind(16), patch_size=kind(14)) == ImageEncoderSpec()


def test_a_sweep_takes_what_a_workload_takes():
    rows = sweep("t2v-1.3b", "480p", num_frames=[Index(5), np.int8(9), 13])
    assert rows["num_frames"].tolist() == [5, 9, 13]


class Truth:
    """What another library calls true."""

    dtype = "torch.bool"

    def __index__(self):
        return 1


def test_true_of_another_library_is_no_integer():
    with pytest.raises(InvalidValueError, match=r"workload\.batch_size"):
        Workload(**{**GIVEN, "batch_size": Truth()})
