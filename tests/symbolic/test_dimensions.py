"""With symbols for dimensions, a closed form costs transformers of any size; both backends give the same."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import EVERY_MODEL, heads
from wanmeter import InvalidValueError, Report, configure, get_backend
from wanmeter.cost import COUNTS
from wanmeter.symbolic import Regime, derive
from wanmeter.symbolic.formula import formulas, to_python
from wanmeter.symbolic.variables import dimensions, variables


def transformers(model):
    """A model's run of nothing but its transformers."""
    run = configure(model)
    stages = run.family.stages_of(run.model, run.workload)
    return evolve(run, stages=[name for name in stages if run.component(name) == "transformer"])


def form_of(run, **regime):
    """The closed form in the run's regime, but for passes and dimensions."""
    own = Regime.of(run.scheduled(run.workload), run.geometry)
    return derive(run, evolve(own, guidance=None, **regime), dimensions=True)


FORMS = {name: form_of(transformers(name)) for name in EVERY_MODEL}


@settings(max_examples=40)
@given(
    name=st.sampled_from(EVERY_MODEL),
    width=heads(),
    ffn_dim=st.integers(1, 300),
    more_layers=st.integers(0, 5),
    latents=st.integers(3, 9),
    sides=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    text_len=st.integers(1, 99),
    guidance=st.booleans(),
    field=st.sampled_from(COUNTS),
)
def test_it_costs_transformers_of_any_size(
    name, width, ffn_dim, more_layers, latents, sides, text_len, guidance, field
):
    run, form = transformers(name), FORMS[name]
    layers = 1 + max(getattr(run.model, "vace_layers", ()), default=0) + more_layers
    frames, height, wide = run.geometry.video(latents, *sides)
    run = evolve(
        run,
        model=evolve(run.model, ffn_dim=ffn_dim, num_layers=layers, **width),
        workload=evolve(
            run.workload,
            num_frames=frames,
            height=height,
            width=wide,
            text_len=text_len,
            guidance=guidance,
        ),
    )
    report = Report.of(run)
    values = variables(run.scheduled(run.workload), run.geometry) | dimensions(run.model)
    text = to_python(formulas(form, field, "module"), form)
    found = eval(text, {"max": max, "__builtins__": {}}, values)
    assert found == {row.path: getattr(row.cost, field) for row in report}


@pytest.mark.parametrize("name", EVERY_MODEL)
def test_the_backends_have_the_same_form(name):
    other = form_of(evolve(transformers(name), layer_impl="wan2_1"))
    for field in COUNTS:
        one, two = (formulas(form, field, "module") for form in (FORMS[name], other))
        assert to_python(one, FORMS[name]) == to_python(two, other)


def test_other_stages_have_no_dimensions_that_are_symbols():
    with pytest.raises(InvalidValueError) as refusal:
        form_of(configure("wan2_2_t2v_a14b"))
    assert refusal.value.where == "stages"
    assert refusal.value.allowed.startswith("[transformer, transformer_2]")


def test_layers_that_nobody_compared_are_refused():
    """A third party's layers may tell symbols from numbers."""
    own = evolve(get_backend("shared"), name="own")
    with pytest.raises(InvalidValueError, match="layer_impl: got 'own'; allowed: shared or wan2_1"):
        form_of(evolve(transformers("wan2_1_t2v_14b"), layer_impl=own))
