"""The table for people: whole numbers in readable units, nothing cut, nothing that reads as zero."""

from rich.console import Console

from wanmeter import CONVENTIONS, meter
from wanmeter.report.table import render


def shown(report, depth=2):
    console = Console(width=200, file=None, record=True, quiet=False)
    with console.capture() as captured:
        console.print(render(report, depth=depth))
    return captured.get()


def test_the_numbers_of_a_run():
    """283,001,787,777,024 FLOPs a pass, 50 steps of 2 passes: 28,300.179 TFLOP."""
    text = shown(meter("wan2_1_t2v_1_3b", "wan2-1-480p", stages=["transformer"]))
    assert "wan2_1_t2v_1_3b: 1 x 832x480, 81 frames, 50 steps with guidance" in text
    assert "layer_impl=shared" in text
    assert "28,300.179  100.0%" in text
    assert f"{100 * 283_001_787_777_024:,}" in text


def test_a_peak_includes_what_all_modules_around_keep_alive():
    """The MLP holds the run's peak: its line shows the stage's."""
    report = meter("wan2_1_t2v_1_3b", "wan2-1-480p", stages=["transformer"])
    lines = shown(report).splitlines()
    peaks = {line.split()[0]: line.split()[-1] for line in lines if line.startswith(("t", " "))}
    assert peaks["ffn"] == peaks["blocks"] == peaks["transformer"]


def test_small_is_not_zero_and_nothing_is_a_dash():
    text = shown(meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny"), depth=4)
    assert "<0.001" in text
    assert "<0.1%" in text
    assert " -" in text
    assert "0.000" not in text


def test_depth_limits_the_levels():
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
    assert "self_attn" not in shown(report, depth=1)
    assert "norm_q" in shown(report, depth=3)


def test_numbers_past_every_float_are_shown():
    text = shown(meter("wan2_1_t2v_1_3b", "wan2-1-480p", batch_size=2**62))
    assert "inf" not in text
    assert "1 frame, 50 steps" in shown(meter("wan2_1_t2v_1_3b", "wan2-1-1024-image"))


def test_reference_images_are_in_the_title():
    report = meter("wan2_1_vace_1_3b", "wan2-1-ci-tiny", num_reference_images=2)
    assert "256x256, 5 frames and 2 reference images, 1 step without guidance" in shown(report)


def test_what_is_not_modelled_stands_below():
    text = " ".join(shown(meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")).split())
    assert text.endswith(f"Not modelled: {CONVENTIONS['not_modelled']}.")
