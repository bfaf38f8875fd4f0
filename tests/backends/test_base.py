"""The backend contract: three functions that return layers for as many calls as asked."""

import pytest
from attrs import evolve

from wanmeter import BackendError, InvalidValueError, MlpSpec, StepScaled, get_backend
from wanmeter.layers import Mlp

SPEC = MlpSpec(batch_size=1, tokens=2, dim=3, ffn_dim=4)
SHARED = get_backend("shared")


def test_the_shared_backend_wraps_primitives_in_step_scaled():
    assert SHARED.supply_mlp(SPEC, 5) == StepScaled(
        Mlp(batch_size=1, tokens=2, dim=3, ffn_dim=4), 5
    )


def test_the_wan2_1_backend_scales_by_itself():
    layer = get_backend("wan2_1").supply_mlp(SPEC, 5)
    assert not isinstance(layer, StepScaled)
    assert layer.calls == 5


def test_a_layer_for_too_few_calls_is_refused():
    forgetful = evolve(SHARED, name="forgetful", mlp=lambda spec, _: SHARED.mlp(spec, 1))
    with pytest.raises(BackendError, match=r"'forgetful': mlp returned a layer for 1 call"):
        forgetful.supply_mlp(SPEC, 5)


def test_anything_but_a_layer_is_refused():
    broken = evolve(SHARED, name="broken", mlp=lambda _spec, _steps: None)
    with pytest.raises(BackendError, match=r"mlp returned None, not a Layer"):
        broken.supply_mlp(SPEC, 5)


def test_factories_are_functions():
    with pytest.raises(InvalidValueError, match=r"LayerBackend\.mlp: got 3"):
        evolve(SHARED, mlp=3)
