"""Options of the packaged groups, by name."""

import re
import subprocess
import sys

import pytest

from wanmeter import UnknownNameError, configure
from wanmeter.composition import compose_sections
from wanmeter.configs import option_names, packaged_sections, tried_keys
from wanmeter.estimation.choosing import SECTIONS as EXECUTION
from wanmeter.estimation.choosing import execution_keys
from wanmeter.structuring import SECTIONS, section_keys


def test_every_section_has_options():
    assert all(option_names(section) for section in SECTIONS)
    assert "wan2_1_t2v_14b" in option_names("model")


@pytest.mark.parametrize("group", ["models", "../model", "__pycache__", "", None, ["model"]])
def test_there_are_no_other_groups(group):
    with pytest.raises(
        UnknownNameError, match=r"unknown group .*known: device, image_encoder, model"
    ):
        option_names(group)


def test_no_word_that_people_try_is_a_key():
    """A key would never be refused, so that nobody would read what to write in its place."""
    keys = {key for section in SECTIONS for key in section_keys(section)}
    assert not (keys | set(execution_keys())) & tried_keys().keys()


@pytest.mark.parametrize(("word", "told"), tried_keys().items())
def test_what_to_write_names_a_key_or_an_option(word, told):
    keys = {key for section in SECTIONS for key in section_keys(section)}
    known = {*keys, *execution_keys(), "device", "size", "nothing", "--vram", "--model-dir"}
    assert re.match(r"[-\w]+", told.replace("transformer.", ""))[0] in known
    with pytest.raises(UnknownNameError, match=f"unknown key '{word}'; write "):
        configure(overrides=[f"{word}=1"])


GROUPS = {
    "config": tuple(SECTIONS),
    "execution": tuple(EXECUTION),
}
"""The groups of each configuration."""

MOST = max(len(option_names(group)) for groups in GROUPS.values() for group in groups)


@pytest.mark.parametrize("config", GROUPS)
@pytest.mark.parametrize("number", range(MOST))
def test_options_are_what_hydra_composes(config, number):
    """Each option of a group is chosen once; a group that has no more is left out."""
    chosen = [
        f"{group}={option_names(group)[number]}"
        for group in GROUPS[config]
        if number < len(option_names(group))
    ]
    composed = compose_sections(chosen, config, str)
    assert packaged_sections(chosen, config) == composed
    assert list(packaged_sections(chosen, config)) == list(composed)


@pytest.mark.parametrize(
    "overrides",
    [
        ["num_frames=49"],
        ["workload.num_frames=49"],
        ["model=wan2_1_t2v_14b", "model=wan2_1_t2v_1_3b"],
        ["model=t2v-14b"],
        ["model=wan2_1_t2v_14b,wan2_1_t2v_1_3b"],
        ["model"],
        ["model="],
        ["profile=official"],  # of another configuration
        ["stages=[transformer]"],
        [""],
    ],
)
def test_anything_but_an_option_takes_hydra(overrides):
    assert packaged_sections(["vae=wan2_1_vae", *overrides]) is None


def test_sections_are_their_callers_own():
    packaged_sections([])["workload"]["num_frames"] = 5
    packaged_sections([])["model"].clear()
    assert packaged_sections([]) == compose_sections()


@pytest.mark.parametrize(
    "call",
    [
        "wanmeter.configure('t2v-14b', 'wan2-1-480p', vae='wan2_1_vae', num_frames=5)",
        "wanmeter.configure(overrides=['model=t2v-14b', 'workload=480p'])",
        "wanmeter.estimate('t2v-14b', device='h100', profile='diffusers')",
        "wanmeter.Meter('i2v-14b').run",
    ],
)
def test_names_alone_do_not_load_hydra(call):
    script = f"import sys, wanmeter; {call}; assert 'wanmeter.models' in sys.modules; print('hydra' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
