"""Workloads: refused when invalid, never rounded."""

import pytest
from attrs import evolve

from wanmeter import InvalidValueError, Workload

VALID = Workload(num_frames=81, height=720, width=1280, num_inference_steps=50)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_inference_steps", 0, "got 0; allowed: a positive integer; nearest valid: 1"),
        ("batch_size", -1, "got -1; allowed: a positive integer; nearest valid: 1"),
        ("batch_size", 1.5, "got 1.5; allowed: a positive integer$"),
        ("batch_size", True, "got True; allowed: a positive integer$"),
        ("batch_size", "1", "got '1'; allowed: a positive integer$"),
        ("num_frames", 81.0, r"got 81\.0; allowed: a positive integer$"),
        ("num_frames", 0, "got 0; allowed: a positive integer; nearest valid: 1$"),
        ("height", None, "got None; allowed: a positive integer$"),
        ("text_len", 0, "got 0; allowed: a positive integer"),
        ("guidance", 1, "got 1; allowed: true or false"),
    ],
)
def test_invalid_values_are_refused(field, value, message):
    with pytest.raises(InvalidValueError, match=f"^workload.{field}: {message}"):
        evolve(VALID, **{field: value})


def test_guidance_makes_a_step_two_passes():
    assert VALID.forward_passes == 100
    assert evolve(VALID, guidance=False).forward_passes == 50
