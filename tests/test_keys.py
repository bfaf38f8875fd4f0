"""Keys and names as people write them: what they mean, and what could be several things is refused."""

import pytest

from wanmeter import ConfigError, UnknownNameError, configure
from wanmeter.composition import split_sweeps
from wanmeter.configs import option, option_names
from wanmeter.keys import SHORT, full_key, full_overrides
from wanmeter.models import SECTIONS
from wanmeter.structuring import section_keys


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("num_frames=49", ("workload.num_frames=49",)),
        ("steps=4", ("workload.num_inference_steps=4",)),
        ("num_inference_steps=4", ("workload.num_inference_steps=4",)),
        ("workload.steps=4", ("workload.num_inference_steps=4",)),
        ("vace_layers=[0,3]", ("model.vace_layers=[0,3]",)),
        ("layer_impl=wan2_1", ("transformer.layer_impl=wan2_1",)),
        ("scope=core", ("transformer.scope=core",)),
        ("vocab_size=32", ("text_encoder.vocab_size=32",)),
        ("size=1280x720", ("workload.width=1280", "workload.height=720")),
        ("size='1280x720'", ("workload.width=1280", "workload.height=720")),
        ("stages=[transformer]", ("stages=[transformer]",)),
        ("model=t2v-14b", ("model=wan2_1_t2v_14b",)),
        (" model = t2v-14b ", ("model=wan2_1_t2v_14b",)),
        ("workload=wan2-1-720p", ("workload=wan2-1-720p",)),
        ("transformer=core", ("transformer=wan2_1_dit_core",)),
        ("vae.bits=8", ("vae.bits=8",)),
    ],
)
def test_a_key_in_full(given, full):
    assert full_overrides([given]) == full


def test_width_and_height_are_not_mixed_up():
    workload = configure(overrides=["size=832x480"]).workload
    assert (workload.width, workload.height) == (832, 480)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_in_full_is_itself(section):
    for name in section_keys(section):
        assert full_key(f"{section}.{name}") == f"{section}.{name}"


def test_a_key_alone_is_the_workloads_or_the_only_one_or_refused():
    every = {name for section in SECTIONS for name in section_keys(section)}
    for name in every:
        having = [f"{section}.{name}" for section in SECTIONS if name in section_keys(section)]
        if f"workload.{name}" in having:
            assert full_key(name) == f"workload.{name}"
        elif len(having) == 1:
            assert full_key(name) == having[0]
        else:
            with pytest.raises(ConfigError, match=f"^{name}: could be {', '.join(having)}$"):
                full_key(name)
    assert not every & SHORT.keys()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "num_frame=9",
            "unknown key 'num_frame'; did you mean 'num_frames'? (`wanmeter list keys`",
        ),
        (
            "vae.bit=3",
            "unknown key 'vae.bit'; did you mean 'vae.bits'? known: vae.bits, vae.decoder_dim, ",
        ),
        ("modle=t2v", "unknown key 'modle'; did you mean 'model'?"),
        ("frobnicate=1", "unknown key 'frobnicate'; known: "),
    ],
)
def test_an_unknown_key_is_a_short_line_with_few_suggestions(given, said):
    with pytest.raises(UnknownNameError) as error:
        full_overrides([given])
    assert str(error.value).startswith(said)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("key", ["workload.weight_bits", "foo.weight_bits"])
def test_a_key_of_another_section_says_which_have_it(key):
    candidates = ", ".join(
        f"{name}.weight_bits" for name in ("text_encoder", "image_encoder", "transformer", "vae")
    )
    with pytest.raises(ConfigError, match=f"^{key}: no such key; could be {candidates}$"):
        full_key(key)


@pytest.mark.parametrize("given", ["1280", "1280x", "x720", "1280X720", "720p", "1280x720x3", ""])
def test_a_size_is_a_width_and_a_height(given):
    with pytest.raises(
        ConfigError, match=r"^size: got .*; allowed: WIDTHxHEIGHT, such as 1280x720"
    ):
        full_overrides([f"size={given}"])


HUB = "Wan-AI/Wan2.1-"


@pytest.mark.parametrize(
    ("group", "given", "name"),
    [
        ("model", "t2v-14b", "wan2_1_t2v_14b"),
        ("model", "T2V_1.3B", "wan2_1_t2v_1_3b"),
        ("model", "wan2.1-t2v-14B", "wan2_1_t2v_14b"),
        ("model", f"{HUB}T2V-14B", "wan2_1_t2v_14b"),
        ("model", f"{HUB}T2V-1.3B-Diffusers", "wan2_1_t2v_1_3b"),
        ("model", f"{HUB}I2V-14B-720P", "wan2_1_i2v_14b"),
        ("model", f"{HUB}I2V-14B-480P-Diffusers", "wan2_1_i2v_14b"),
        ("model", f"{HUB}FLF2V-14B-720P-diffusers", "wan2_1_flf2v_14b"),
        ("model", f"{HUB}VACE-1.3B", "wan2_1_vace_1_3b"),
        ("model", "vace-14b", "wan2_1_vace_14b"),
        ("model", "t2i", "wan2_1_t2i_14b"),
        ("model", "flf2v", "wan2_1_flf2v_14b"),
        ("model", "i2v-a14b", "wan2_2_i2v_a14b"),
        ("model", "5B", "wan2_2_ti2v_5b"),
        ("model", "Wan-AI/Wan2.2-T2V-A14B-Diffusers", "wan2_2_t2v_a14b"),
        ("workload", "wan2.1 720p", "wan2-1-720p"),
        ("workload", "WAN2.1_720p", "wan2-1-720p"),
        ("workload", "tiny", "wan2-1-ci-tiny"),
        ("vae", "Wan2.1 VAE", "wan2_1_vae"),
    ],
)
def test_a_name_as_people_write_it(group, given, name):
    assert option(group, given) == name
    expected = getattr(configure(**{group: name}), group)
    for run in (configure(**{group: given}), configure(overrides=[f"{group}='{given}'"])):
        assert getattr(run, group) == expected


@pytest.mark.parametrize("group", SECTIONS)
def test_a_name_in_full_is_itself(group):
    assert [option(group, name) for name in option_names(group)] == list(option_names(group))


@pytest.mark.parametrize(
    ("group", "given", "candidates"),
    [
        ("model", "t2v", "wan2_1_t2v_14b, wan2_1_t2v_1_3b, wan2_2_t2v_a14b"),
        ("model", "i2v", "wan2_1_i2v_14b, wan2_2_i2v_a14b"),
        ("model", "1.3b", "wan2_1_t2v_1_3b, wan2_1_vace_1_3b"),
        ("workload", "wan2.1-portrait", "wan2-1-480p-portrait, wan2-1-720p-portrait"),
    ],
)
def test_a_name_that_could_be_several_is_refused(group, given, candidates):
    with pytest.raises(ConfigError, match=f"^{group}: '{given}' could be {candidates}$"):
        option(group, given)


@pytest.mark.parametrize(
    ("model", "given", "name"),
    [
        ("t2v-14b", "720p", "wan2-1-720p"),
        ("t2v-14b", "480P", "wan2-1-480p"),
        ("i2v-a14b", "480p", "wan2-2-a14b-480p"),
        ("ti2v-5b", "720p", "wan2-2-5b-720p"),
        ("ti2v-5b", "720p-portrait", "wan2-2-5b-720p-portrait"),
        ("t2v-a14b", "ci-tiny", "wan2-1-ci-tiny"),
        ("t2v-a14b", "wan2-1-480p", "wan2-1-480p"),
    ],
)
def test_a_short_name_of_a_workload_means_the_models_own(model, given, name):
    expected = configure(model, name).workload
    spec = configure(model).model
    for run in (
        configure(model, given),
        configure(spec, given),
        configure(configure("t2v-1.3b"), overrides=[f"model={model}", f"workload={given}"]),
        configure(overrides=[f"workload={given}", f"model='{model}'"]),
        configure(model, overrides=[f"workload='{given}'"]),
    ):
        assert run.workload == expected


def test_without_a_model_a_short_name_means_the_default_models_own():
    assert configure(workload="720p").workload == configure(workload="wan2-1-720p").workload
    with pytest.raises(ConfigError, match="workload: 'portrait' could be wan2-1-480p-portrait, "):
        configure("t2v-14b", "portrait")


@pytest.mark.parametrize(
    "given", ["", "-", "720p", "14b-t2v", "t2v-14", "t2v-3b", "1-14b", "wan2.2-t2v-14b", "wan21"]
)
def test_half_words_and_other_orders_are_no_names(given):
    with pytest.raises(UnknownNameError, match="unknown model"):
        option("model", given)


@pytest.mark.parametrize(
    "given", ["./finetunes/t2v-14b", "someone/Wan2.1-T2V-14B", "/t2v-14b", "t2v-14b/"]
)
def test_a_path_or_anothers_repository_is_no_packaged_model(given):
    with pytest.raises(
        ConfigError, match="is no packaged model; to cost a folder, use --model-dir"
    ):
        option("model", given)


@pytest.mark.parametrize("name", ["Wan-AI/Wan2.1-I2V-14B-480P", "wan2.1-i2v-14b-480p-diffusers"])
def test_the_model_that_is_published_for_480p_brings_480p(name):
    for run in (configure(name), configure(overrides=[f"model={name}"])):
        assert (run.model.name, run.workload.height) == ("wan2_1_i2v_14b", 480)
    assert configure(name.replace("480", "720")).workload.height == 720
    assert configure(name, "720p").workload.height == 720


def test_sweeps_are_hydras():
    axes, single = split_sweeps(
        ["model=t2v-14b", "num_frames=range(5,21,4)", "workload.guidance=true,false", "steps=4"]
    )
    assert axes == {"num_frames": [5, 9, 13, 17], "guidance": [True, False]}
    assert single == ("model=t2v-14b", "steps=4")
    axes, _ = split_sweeps(["size=832x480,1280x720"])
    assert axes == {"size": [(832, 480), (1280, 720)]}


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model=t2v-14b,i2v-14b", "^model: only keys of the workload can be swept"),
        ("vae.bits=8,16", r"^vae\.bits: only keys of the workload can be swept"),
        ("size=3,4", "^size: got '3'; allowed: WIDTHxHEIGHT"),
        ("num_frames=range(0,10000000)", "more than 1,000,000 values"),
        ("num_frames=range(5", "not a valid override"),
        ("num_frames=glob(*)", r"write values with commas between, or a range"),
        ("num_frames=interval(1,9)", r"write values with commas between, or a range"),
    ],
)
def test_what_cannot_be_swept(override, said):
    with pytest.raises(ConfigError, match=said):
        split_sweeps([override])


@pytest.mark.parametrize(
    "override", ["num_frames=5,9", "size=832x480,1280x720", "steps=range(1,4)"]
)
def test_one_run_has_one_value(override):
    with pytest.raises(ConfigError, match="this is a sweep; give one value"):
        configure(overrides=[override])
