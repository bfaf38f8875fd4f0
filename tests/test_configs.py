"""Options of the packaged groups, by name."""

import pytest

from wanmeter import UnknownNameError
from wanmeter.configs import option_names
from wanmeter.structuring import SECTIONS


def test_every_section_has_options():
    assert all(option_names(section) for section in SECTIONS)
    assert "wan2_1_t2v_14b" in option_names("model")


@pytest.mark.parametrize("group", ["models", "../model", "__pycache__", "", None, ["model"]])
def test_there_are_no_other_groups(group):
    with pytest.raises(
        UnknownNameError, match=r"unknown group .*known: device, image_encoder, model"
    ):
        option_names(group)
