"""Wan2.2's pipelines: stages, the 5B's image, and the two forms of the time embedding."""

import pytest

from wanmeter import InvalidValueError, Meter, Report, StageCost, configure, meter

TINY = "wan2-1-ci-tiny"


def calls(model, **given):
    return {row.path: row.calls for row in meter(model, TINY, **given).stages}


def test_the_stages_of_each_task_and_their_calls():
    """4 steps with guidance: 2 prompts and 8 passes, of which the schedule gives each expert its own."""
    guided = {"num_inference_steps": 4, "guidance": True}
    text, decode = {"text_encoder": 2}, {"vae_decode": 1}
    assert calls("t2v-a14b", **guided) == text | {"transformer": 6, "transformer_2": 2} | decode
    image = {"vae_encode": 1, "transformer": 4, "transformer_2": 4}
    assert calls("i2v-a14b", **guided) == text | image | decode
    assert calls("ti2v-5b", **guided) == text | {"transformer": 8} | decode
    assert list(calls("ti2v-5b", **guided, image=True)) == [
        "text_encoder",
        "vae_encode",
        "transformer",
        "vae_decode",
    ]


def test_the_5b_encodes_its_image_alone():
    """Not a clip as long as the video, as A14B does. Source: Wan2.2 wan/textimage2video.py, i2v."""
    one, more = (
        meter("ti2v-5b", TINY, image=True, num_frames=frames)["vae_encode"].cost
        for frames in (1, 9)
    )
    assert one == more
    one, more = (
        meter("i2v-a14b", TINY, num_frames=frames)["vae_encode"].cost.flops for frames in (1, 9)
    )
    assert one < more


def test_a_meter_takes_workloads_with_and_without_an_image():
    metered = Meter(configure("ti2v-5b", TINY))
    for image in (False, True, False):
        workload = configure("ti2v-5b", TINY, image=image).workload
        assert metered.report(workload) == meter("ti2v-5b", workload)


@pytest.mark.parametrize("model", ["t2v-a14b", "i2v-a14b", "ti2v-5b"])
def test_the_total_is_the_sum_of_the_stages_each_costed_alone(model):
    whole = meter(model, TINY)
    alone = [meter(model, TINY, stages=[stage.path]).total for stage in whole.stages]
    assert whole.total == sum(alone, StageCost())


def test_a_time_embedding_per_sample_is_smaller_and_named():
    per_token = meter("t2v-a14b", TINY)
    overrides = ["transformer.time_embedding=per_sample"]
    per_sample = meter("t2v-a14b", TINY, overrides=overrides)
    assert per_token.components.transformer.time_embedding == "per_token"
    assert "transformer.time_embedding" not in per_token.caption
    assert "transformer.time_embedding=per_sample" in per_sample.caption
    tokens, model = 2 * 16 * 16, per_token.model  # 5 frames of 256 x 256: 2 x 32 x 32 latents
    # Two linear layers of the embedding and one of the projection, on tokens instead of one.
    widths = model.freq_dim * model.dim + model.dim**2 + 6 * model.dim**2
    more = per_token["transformer"].cost.flops - per_sample["transformer"].cost.flops
    assert more == 2 * (tokens - 1) * widths
    assert per_token["transformer"].cost.params == per_sample["transformer"].cost.params


def test_the_report_says_which_form_and_reads_it_back():
    for overrides in ([], ["transformer.time_embedding=per_sample"]):
        report = meter("ti2v-5b", TINY, overrides=overrides, image=True, sample_shift=3)
        assert Report.from_json(report.to_json()) == report
        assert '"time_embedding": "per_' in report.to_json()
    assert '"time_embedding": ' not in meter("t2v-14b", TINY).to_json()


def test_wan2_1_has_one_time_embedding_for_all_tokens():
    with pytest.raises(
        InvalidValueError, match="time_embedding: got 'per_token'; allowed: per_sam"
    ):
        configure("t2v-14b", overrides=["transformer.time_embedding=per_token"])


@pytest.mark.parametrize(
    ("model", "given", "problem"),
    [
        (
            "ti2v-5b",
            {"height": 720},
            "workload.height: got 720; allowed: a positive multiple of 32",
        ),
        ("ti2v-5b", {"vae": "wan2_1_vae"}, "vae.patch_size: got 1; allowed: a stride of "),
        ("t2v-a14b", {"vae": "wan2_2_vae"}, "vae.patch_size: got 2; allowed: a stride of "),
        ("i2v-a14b", {"overrides": ["model.in_dim=16"]}, "model.in_dim: got 16; allowed: 2 vae"),
        ("ti2v-5b", {"overrides": ["model.out_dim=16"]}, "vae.z_dim: got 48; allowed: model.out"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(model, given, problem):
    with pytest.raises(InvalidValueError) as error:
        configure(model, **given)
    assert str(error.value).startswith(problem)
