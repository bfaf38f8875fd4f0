"""The size of a video that is made from an image: a function, and a key."""

from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanmeter import ConfigError, configure
from wanmeter.models.wan2_1.geometry import size_for_image
from wanmeter.models.wan2_2.geometry import best_output_size

sides = st.integers(64, 4000)
areas = st.sampled_from([480 * 832, 720 * 1280, 704 * 1280])


# Source: the repositories' example image is 832 x 1104.
@pytest.mark.parametrize(
    ("model", "workload", "size"),
    [
        ("i2v-14b", "720p", (832, 1104)),
        ("i2v-14b", "480p", (544, 720)),
        ("i2v-a14b", "720p", (832, 1104)),
        ("i2v-a14b", "480p", (544, 720)),
        ("flf2v-14b", "720p", (832, 1104)),
        ("ti2v-5b", "720p", (800, 1088)),
    ],
)
def test_the_example_image(model, workload, size):
    given = {"image": True} if model == "ti2v-5b" else {}
    for image in ((832, 1104), "832x1104"):
        made = configure(model, workload, image_size=image, **given).workload
        assert (made.width, made.height) == size
    texts = [f"workload={workload}", "image_size=832x1104", *(["image=true"] if given else [])]
    made = configure(model, overrides=texts).workload
    assert (made.width, made.height) == size


@given(width=sides, height=sides, area=areas)
def test_sizes_are_whole_patches_of_about_that_area(width, height, area):
    if not 1 / 4 <= width / height <= 4:
        return
    made = size_for_image((width, height), area)
    assert all(side % 16 == 0 for side in made)
    assert made[0] * made[1] <= area + 1
    assert made[0] * made[1] >= area - 16 * sum(made) - 256
    fives = best_output_size((width, height), area)
    assert all(side % 32 == 0 for side in fives)
    assert area - 32 * max(fives) - 32 * isqrt(area) <= fives[0] * fives[1] <= area


@pytest.mark.parametrize(
    ("model", "image", "problem"),
    [
        ("t2v-14b", "832x1104", "image_size: wan2_1_t2v_14b is given no image"),
        ("ti2v-5b", "832x1104", "image_size: wan2_2_ti2v_5b is given no image in this run"),
        ("i2v-14b", "832", "image_size: got '832'; allowed: WIDTHxHEIGHT, such as 1280x720"),
        ("i2v-14b", (832, 0), "image_size: got (832, 0); allowed: WIDTHxHEIGHT, such as 1280x720"),
        ("i2v-14b", "1x100000000", "image_size: got '1x100000000'; a video of this shape has no "),
        ("ti2v-5b", "1x100000000", "image_size: got '1x100000000'; a video of this shape has no "),
    ],
)
def test_other_images_are_refused(model, image, problem):
    with pytest.raises(ConfigError) as error:
        configure(model, image_size=image)
    assert str(error.value).startswith(problem)
