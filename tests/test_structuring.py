"""Structuring is strict: unknown keys, wrong types and silent coercions are errors that name the key."""

from copy import deepcopy

import pytest
from omegaconf import AnyNode, DictConfig, OmegaConf

from tests.sections import sections_of
from wanmeter import (
    ConfigError,
    InvalidValueError,
    Report,
    UnknownNameError,
    configure,
    structure,
)

BASE = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
SECTIONS = sections_of(BASE)


def changed(section, key, value):
    sections = deepcopy(SECTIONS)
    sections[section][key] = value
    return sections


def test_a_configuration_becomes_a_run():
    run = structure(SECTIONS)
    assert run.model == BASE.model
    assert run == BASE
    assert run.workload == BASE.workload
    assert run.layer_impl.name == "shared"


def test_a_dictconfig_is_a_configuration_and_is_resolved():
    config = OmegaConf.create(changed("workload", "width", "${.height}"))
    config.workload.height = 320
    assert structure(config).workload.width == 320


def test_a_part_of_an_applications_configuration_refers_to_the_rest():
    config = OmegaConf.create({"cost": changed("vae", "bits", "${precision}"), "precision": 16})
    assert structure(config.cost).vae.bits == 16
    assert structure(SECTIONS | {"vae": config.cost.vae}).vae.bits == 16


class OwnConfig(DictConfig):
    """A `DictConfig` of an application's."""


def test_a_kind_of_dictconfig_is_one():
    model = OwnConfig({**SECTIONS["model"], "name": "${.task}"})
    assert structure(SECTIONS | {"model": model}).model.name == "t2v"


def test_an_interpolation_that_cannot_be_resolved_is_named():
    config = OmegaConf.create(changed("workload", "width", "${nothing}"))
    with pytest.raises(
        ConfigError,
        match=r"^configuration\.workload\.width: Interpolation key 'nothing' not found$",
    ):
        structure(config)


def test_texts_of_a_plain_mapping_are_texts():
    assert structure(changed("model", "name", "${oc.env:HOME}")).model.name == "${oc.env:HOME}"
    with pytest.raises(InvalidValueError, match=r"workload\.width: got '\$\{\.height\}'"):
        structure(changed("workload", "width", "${.height}"))


def test_a_node_of_omegaconf_is_no_value():
    with pytest.raises(InvalidValueError, match=r"workload\.num_frames: got "):
        structure(changed("workload", "num_frames", AnyNode(5)))
    with pytest.raises(ConfigError, match="configuration: got 5; allowed: a mapping"):
        structure(AnyNode(5))


def test_lists_of_omegaconf_are_lists():
    config = changed("vae", "dim_mult", OmegaConf.create([1, 2, 4, 4]))
    config["stages"] = OmegaConf.create(["vae_decode"])
    assert structure(config) == structure(SECTIONS | {"stages": ["vae_decode"]})
    config["vae"]["dim_mult"][3] = "${.[2]}"
    assert structure(config) == structure(SECTIONS | {"stages": ["vae_decode"]})


def test_what_is_missing_is_no_value():
    config = OmegaConf.create(changed("model", "name", "???"))
    with pytest.raises(ConfigError, match=r"configuration\.model\.name: Missing mandatory value"):
        structure(config)


@pytest.mark.parametrize("config", [None, 5, "model", [1]])
def test_anything_but_a_mapping_is_refused(config):
    with pytest.raises(ConfigError, match=r"configuration: got .*; allowed: a mapping of sections"):
        structure(config)


def test_an_unknown_section_is_refused():
    with pytest.raises(
        UnknownNameError, match="key in configuration 'modle'; did you mean 'model'"
    ):
        structure(SECTIONS | {"modle": {}})


def test_components_left_out_are_wans_own():
    small = {name: SECTIONS[name] for name in ("model", "workload")}
    assert structure(small) == structure(SECTIONS)


@pytest.mark.parametrize("value", ["12", 1.0, 1.9, True, None, [1]])
@pytest.mark.parametrize(
    ("section", "key"),
    [("workload", "batch_size"), ("model", "num_layers"), ("transformer", "bits")],
)
def test_nothing_is_coerced_to_an_int(section, key, value):
    if (key, value) == ("bits", None):
        return  # left open: as the component has it
    with pytest.raises(InvalidValueError, match=rf"{section}\.{key}: got "):
        structure(changed(section, key, value))


@pytest.mark.parametrize("value", ["true", 1, 0, None])
def test_nothing_is_coerced_to_a_bool(value):
    with pytest.raises(InvalidValueError, match=r"workload\.guidance: got "):
        structure(changed("workload", "guidance", value))


def test_every_key_is_checked():
    """No field of a section takes just anything."""
    for section in SECTIONS:
        for key in SECTIONS[section]:
            with pytest.raises((InvalidValueError, ConfigError), match=rf"{section}\.{key}: got "):
                structure(changed(section, key, object()))


def test_every_number_is_bounded():
    """So that what follows from it can be written, and read again."""
    numbers = [
        (section, key, 2**63)
        for section, values in SECTIONS.items()
        for key, value in values.items()
        if type(value) is int or key in ("bits", "weight_bits")
    ]
    lists = [("vae", "dim_mult", [1, 2, 4, 2**63]), ("model", "vace_layers", [0, 2**63])]
    assert len(numbers) > 35
    for section, key, value in (*numbers, *lists):
        with pytest.raises(InvalidValueError, match=rf"{section}\.{key}: got .* below 2\^63$"):
            structure(changed(section, key, value))


@pytest.mark.parametrize(
    ("section", "key", "value", "allowed"),
    [
        ("vae", "dim_mult", [1, 2, 0, 4], "positive"),
        ("model", "vace_layers", [0, -1], "non-negative"),
    ],
)
def test_numbers_in_lists_have_a_least_one(section, key, value, allowed):
    with pytest.raises(
        InvalidValueError, match=rf"{section}\.{key}: got .*; allowed: a list of {allowed} integers"
    ):
        structure(changed(section, key, value))


def test_the_largest_run_can_be_written_and_read():
    """Everything is as large as it may be."""
    sections = deepcopy(SECTIONS)
    for section in sections.values():
        for key, value in section.items():
            if type(value) is int:
                section[key] = 2**62
    sections["model"]["num_heads"] = sections["image_encoder"]["num_heads"] = 2**30
    sections["vae"]["dim_mult"] = [2**62] * 4
    sections["vae"] |= {"num_res_blocks": 2, "patch_size": 1}
    sections["workload"] |= {"num_frames": 4 * 1023 + 1, "height": 16 * 1024, "width": 16 * 1024}
    sections["workload"]["num_reference_images"] = 0  # of a model that takes none
    report = Report.of(structure(sections))
    assert Report.from_json(report.to_json()) == report
    assert report.total.flops > 10**100


def test_an_unknown_key_suggests_the_near_one():
    with pytest.raises(
        UnknownNameError, match="key in workload 'num_frame'; did you mean 'num_frames'"
    ):
        structure(changed("workload", "num_frame", 5))


def test_a_missing_key_is_named():
    sections = deepcopy(SECTIONS)
    del sections["workload"]["height"]
    with pytest.raises(ConfigError, match=r"workload\.height: missing"):
        structure(sections)


def test_a_missing_section_is_named():
    with pytest.raises(ConfigError, match=r"configuration\.model: missing"):
        structure({})


def test_a_section_is_a_mapping():
    with pytest.raises(ConfigError, match="workload: got 3; allowed: a mapping"):
        structure(SECTIONS | {"workload": 3})


@pytest.mark.parametrize("steps", [None, "absent"])
def test_steps_left_out_are_the_models_own(steps):
    sections = changed("model", "num_inference_steps", 40)
    if steps is None:
        sections["workload"]["num_inference_steps"] = None
    else:
        del sections["workload"]["num_inference_steps"]
    assert structure(sections).workload.num_inference_steps == 40


def test_the_default_backend_is_shared():
    sections = deepcopy(SECTIONS)
    del sections["transformer"]["layer_impl"]
    assert structure(sections).layer_impl.name == "shared"
