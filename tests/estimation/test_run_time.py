"""The time of a run: its parts, per step and per second of video; what no rate serves is said, or refused."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from wanmeter import ConfigError, InvalidValueError, Workload, estimate
from wanmeter.estimation.amounts import duration, plain_duration
from wanmeter.estimation.terms import Seconds
from wanmeter.hardware import device

SMALL = ["size=832x480", "num_frames=17", "num_inference_steps=4"]


def made(*overrides, **arguments):
    return estimate(overrides=[*SMALL, *overrides], **arguments)


@pytest.mark.parametrize("layer_impl", ["shared", "wan2_1"])
@pytest.mark.parametrize("model", ["t2v-14b", "i2v-14b", "t2v-a14b", "vace-1.3b"])
def test_seconds_are_the_sum_of_the_terms(model, layer_impl):
    one = made("device=h100", model=model, layer_impl=layer_impl)
    assert one.seconds.value == pytest.approx(sum(term.seconds for term in one.terms))
    for term in one.terms:
        alone = term.work / (term.rate * term.wave_efficiency)
        assert term.seconds == pytest.approx(alone - term.hidden_seconds)
        assert type(term.work) is int


@pytest.mark.parametrize("model", ["t2v-14b", "i2v-14b", "t2v-a14b", "ti2v-5b"])
def test_backends_agree(model):
    size = ["size=1280x704"] if model == "ti2v-5b" else []
    one, other = (
        made("device=a100", *size, model=model, layer_impl=name) for name in ("shared", "wan2_1")
    )
    assert one.terms == other.terms


def test_a_step_and_a_second_of_video():
    """4 steps; 17 frames at 16 a second are 17/16 s. Moving the model is in no step."""
    one = made("device=h100", model="t2v-14b")
    denoised = sum(
        term.seconds
        for term in one.terms
        if term.stage == "transformer" and term.term != "host_copy.pageable"
    )
    assert one.step_seconds == pytest.approx(denoised / 4)
    assert one.seconds_per_video_second == pytest.approx(one.seconds.value / (17 / 16))


def test_energy_and_price_are_of_all_gpus():
    """700 W each; 2.5 an hour each."""
    one = made("device=h100", "ulysses_degree=4", "price_per_hour=2.5", model="t2v-14b")
    assert one.joules == pytest.approx(one.seconds.high * 700 * 4)
    assert one.price == pytest.approx(one.seconds.value / 3600 * 2.5 * 4)
    assert made("device=h100", model="t2v-14b").price is None


@settings(max_examples=10)
@given(frames=st.integers(1, 20), more=st.integers(1, 10), steps=st.integers(1, 30))
def test_more_frames_take_longer(frames, more, steps):
    def seconds(frames):
        workload = Workload(
            batch_size=1,
            num_frames=4 * frames + 1,
            height=480,
            width=832,
            num_inference_steps=steps,
        )
        return estimate("t2v-14b", workload, device="a100").seconds.value

    assert seconds(frames) < seconds(frames + more)


def test_steps_are_proportional():
    one, three = (
        estimate(
            "t2v-1.3b",
            device="rtx_4090",
            overrides=[f"num_inference_steps={n}"],
            stages=["transformer"],
        )
        for n in (10, 30)
    )
    once = sum(term.seconds for term in one.terms if term.term != "host_copy.pageable")
    thrice = sum(term.seconds for term in three.terms if term.term != "host_copy.pageable")
    assert thrice == pytest.approx(3 * once)


@pytest.mark.parametrize(
    ("architecture", "overrides", "kernel"),
    [
        ("h100", ["model=t2v-14b"], "fa3"),
        ("h100", ["model=t2v-14b", "ulysses_degree=2"], "fa2"),  # xDiT's
        ("h100", ["model=t2v-a14b", "ulysses_degree=2"], "fa3"),
        ("a100", ["model=t2v-a14b"], "fa2"),
        ("h100", ["model=t2v-14b", "profile=diffusers"], "sdpa"),
        ("h100", ["model=t2v-14b", "profile.attention=sage2"], "sage2"),
    ],
)
def test_the_code_picks_its_kernel(architecture, overrides, kernel):
    assert made(f"device={architecture}", *overrides).run_time.attention == kernel


def test_tf32_is_for_products_in_float32():
    """Wan2.2 embeds a time for each token, in float32."""
    off, on = (
        made("device=h100", f"tf32={value}", model="t2v-a14b") for value in ("false", "true")
    )
    assert {term.term for term in off.terms} - {term.term for term in on.terms} == {"matmul.fp32"}
    assert on.seconds.value < off.seconds.value


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["device=h100", "profile.attention=sage"],
            r"profile\.attention: got 'sage'; allowed: one that h100_sxm_80gb has a rate for: fa2, fa3",
        ),
        (
            ["device=h100", "ulysses_degree=5"],
            r"parallel\.ulysses_degree: got 5; allowed: a number of GPUs that h100_sxm_80gb has rates for:"
            r" 2, 4, 8",
        ),
        (["device=h100", "ulysses_degree=3"], "a divisor of the 40 heads"),
        (["device=gb200", "ulysses_degree=8"], "gb200 has rates for: 2, 4"),
        (["price_per_hour=2"], "price_per_hour: got 2.0; allowed: a device beside it"),
        (["device=h100", "price_per_hour=free"], "price_per_hour: got 'free'"),
        (["device=h100", "price_per_hour=-1"], "price_per_hour: got '-1'"),
    ],
)
def test_what_a_device_has_no_rate_for_is_refused(overrides, message):
    with pytest.raises(InvalidValueError, match=message):
        made(*overrides, model="t2v-14b")


def test_a_ring_needs_a_program_that_knows_rings():
    with pytest.raises(InvalidValueError, match=r"parallel\.ring_degree: got 2.*has no rings"):
        made("ring_degree=2", model="t2v-a14b")


def test_an_image_has_no_seconds_of_video():
    one = estimate("t2i-14b", device="h100", overrides=["num_inference_steps=2"])
    assert one.seconds_per_video_second is None


def test_what_is_moved_in_each_pass_is_in_a_step():
    once, always = (
        made("device=h100", "profile=diffusers", f"placement={name}", model="t2v-1.3b")
        for name in ("model_offload", "sequential_offload")
    )
    (copied,) = [
        term
        for term in always.terms
        if (term.stage, term.term) == ("transformer", "host_copy.pageable")
    ]
    assert always.step_seconds == pytest.approx(once.step_seconds + copied.seconds / 4)


def test_only_attention_has_a_kernel():
    one = made("device=h100", model="t2v-14b", stages=["vae_decode"])
    assert one.run_time.attention is None
    assert one.step_seconds is None


def test_a_price_is_given_once():
    with pytest.raises(ConfigError, match="price_per_hour: chosen twice"):
        estimate("t2v-14b", price_per_hour=1, overrides=["price_per_hour=2"])


def test_a_kernel_that_nobody_asked_for_gives_no_seconds_and_says_why():
    bare = evolve(
        device("b200"),
        rates={
            name: rate for name, rate in device("b200").rates.items() if name != "attention.fa2"
        },
    )
    one = estimate("t2v-14b", device=bare, overrides=SMALL)
    assert one.seconds is one.terms is one.step_seconds is one.joules is None
    assert one.notes == (
        "No seconds: official runs fa2 attention on b200, which has no rate for it; set profile.attention to"
        " one that it has: fa4, sdpa",
    )
    assert one.verdict == "fits"


def test_a_device_without_rates_gives_memory():
    bare = evolve(device("h100"), rates={}, peaks={})
    one = estimate("t2v-14b", device=bare, overrides=SMALL)
    assert (one.seconds, one.verdict) == (None, "fits")
    assert one.notes == ("No seconds: h100_sxm_80gb has no rates",)


def test_without_a_device_there_is_nothing_to_say():
    one = made(model="t2v-14b")
    assert (one.seconds, one.terms, one.notes) == (None, None, ())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ((1860.0, 1740.0, 1980.0), "31 min (29 to 33)"),
        ((9000.0, 8000.0, 10000.0), "2.5 h (2.2 to 2.8)"),
        ((37.6, 30.0, 45.2), "38 s (30 to 45)"),
        ((0.05, 0.04, 0.06), "50 ms (40 to 60)"),
        ((1200.0, 1100.0, 1300.0), "20 min (18 to 22)"),
    ],
)
def test_a_time_is_told_in_the_unit_that_reads(seconds, text):
    assert duration(Seconds(*seconds)) == text
    assert plain_duration(seconds[0]) == text.partition(" (")[0]
