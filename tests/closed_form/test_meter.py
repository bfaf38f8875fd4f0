"""`Meter`: what `meter` says, whole reports, for any workload; and no guess where there is no closed form."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.strategies import workloads
from wanmeter import (
    ClosedFormError,
    InvalidValueError,
    LayerBackend,
    Meter,
    StepScaled,
    TransformerOptions,
    Workload,
    configure,
    get_backend,
    meter,
)
from wanmeter.closed_form import Regime
from wanmeter.layers import Mlp, Rearrange
from wanmeter.options import option_names

METERS = {
    (model, layer_impl): Meter(model, layer_impl)
    for model in option_names("model")
    for layer_impl in ("shared", "wan2_1")
}


@given(workload=workloads, references=st.integers(0, 3), bound=st.sampled_from(sorted(METERS)))
@settings(max_examples=150)
def test_every_report_is_the_one_that_meter_gives(workload, references, bound):
    model, layer_impl = bound
    overrides = {"num_reference_images": references} if "vace" in model else {}
    try:
        report = meter(model, workload, layer_impl, **overrides)
    except InvalidValueError:
        assume(False)
    bound_meter = METERS[bound]
    assert bound_meter.report(report.workload) == report
    assert bound_meter.cost(report.workload) == report.total
    assert bound_meter.stages(report.workload) == {row.path: row.cost for row in report.stages}


@pytest.mark.parametrize("num_frames", [1, 5, 9, 13, 81])
@pytest.mark.parametrize("guidance", [True, False])
@pytest.mark.parametrize("references", [0, 1, 2])
def test_every_regime_of_the_most_involved_model(num_frames, guidance, references):
    asked = {"num_frames": num_frames, "guidance": guidance, "num_reference_images": references}
    try:
        report = meter("wan2_1_vace_1_3b", "wan2-1-480p", **asked)
    except InvalidValueError:
        assert references > (num_frames + 3) // 4
        return
    assert METERS["wan2_1_vace_1_3b", "shared"].report(report.workload) == report


@pytest.mark.parametrize("bits", [3, 8, 32])
def test_odd_element_sizes_are_rounded_as_ever(bits):
    options = TransformerOptions(bits=bits, weight_bits=5)
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", transformer=options, width=272)
    bound = Meter("wan2_1_t2v_1_3b", transformer=options)
    assert bound.report(report.workload) == report


def test_some_stages_and_the_core_alone():
    bound = Meter("wan2_1_t2v_1_3b", transformer="wan2_1_dit_core", stages=["transformer"])
    report = meter(
        "wan2_1_t2v_1_3b", transformer="wan2_1_dit_core", stages=["transformer"], num_frames=49
    )
    assert bound.report(report.workload) == report


def test_a_meter_of_a_run_keeps_its_components():
    run = configure("wan2_1_i2v_14b", "wan2-1-480p")
    assert Meter.of(run).report(run.workload) == meter("wan2_1_i2v_14b", "wan2-1-480p")


def test_what_the_model_cannot_run_is_refused_as_ever():
    workload = configure("wan2_1_t2v_1_3b", num_frames=1).workload
    with pytest.raises(InvalidValueError, match="is given the first frame and the last"):
        METERS["wan2_1_flf2v_14b", "shared"].cost(workload)


def test_costs_leave_as_ints():
    cost = METERS["wan2_1_t2v_14b", "shared"].cost(configure("wan2_1_t2v_14b").workload)
    assert all(type(getattr(cost, name)) is int for name in ("flops", "params", "activation_bytes"))


def test_regimes_are_few():
    tiny = Workload(num_frames=5, height=16, width=16, num_inference_steps=1)
    assert str(Regime.of(tiny)) == "latent frames: 2; with guidance; no reference images"
    assert Regime(guidance=False, latent_frames=None, references=True) in {
        Regime(guidance=False, latent_frames=None, references=True)
    }


def backend_with(mlp):
    shared = get_backend("shared")
    return LayerBackend(
        name="theirs",
        self_attention=shared.self_attention,
        cross_attention=shared.cross_attention,
        mlp=mlp,
    )


def rounded(spec, steps):
    return StepScaled(Mlp(batch_size=1, tokens=round(spec.tokens), dim=8, ffn_dim=8), steps)


def choosing(spec, steps):
    elements = spec.tokens if spec.tokens > 1000 else 1
    return StepScaled(Rearrange(elements=elements, bits=spec.bits), steps)


def refusing(spec, steps):
    if type(spec.tokens) is not int:
        raise InvalidValueError("theirs.tokens", spec.tokens, "an int")
    return StepScaled(Rearrange(elements=spec.tokens, bits=spec.bits), steps)


@pytest.mark.parametrize(
    ("mlp", "problem"),
    [
        (rounded, "no closed form: .*__round__"),
        (choosing, "no closed form: .* > 1000 for some workloads and not for others"),
        (refusing, "no closed form: theirs refuses symbols: theirs.tokens: got "),
    ],
)
def test_a_backend_that_leaves_the_arithmetic_has_no_closed_form(mlp, problem):
    backend = backend_with(mlp)
    workload = configure("wan2_1_t2v_1_3b").workload
    assert meter("wan2_1_t2v_1_3b", workload, backend).total.flops
    with pytest.raises(ClosedFormError, match=problem):
        Meter("wan2_1_t2v_1_3b", backend).cost(workload)
