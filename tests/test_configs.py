"""Options of the packaged groups, by name."""

import re

import pytest

from wanmeter import UnknownNameError, configure
from wanmeter.configs import option_names, tried_keys
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
