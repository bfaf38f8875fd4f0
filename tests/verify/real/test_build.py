"""Real models from their descriptions."""

import pytest

torch = pytest.importorskip("torch")

from wanmeter.models.reference import Input, RealModule, Recipe  # noqa: E402
from wanmeter.verify.real.build import build, make  # noqa: E402
from wanmeter.verify.real.measure import count  # noqa: E402

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]

CONFIG = {
    "hidden_size": 8,
    "intermediate_size": 8,
    "num_attention_heads": 2,
    "num_hidden_layers": 3,
    "image_size": 4,
    "patch_size": 2,
}


def encoder(blocks):
    return RealModule(
        recipe=Recipe(library="transformers", class_name="CLIPVisionModel", config=CONFIG),
        inputs=lambda images: {"pixel_values": Input((images, 3, 4, 4))},
        blocks=blocks,
    )


def test_blocks_that_are_not_run_stay_loaded_in_a_list_of_their_own():
    whole, cut = (count(build(encoder({"encoder.layers": run})), 1) for run in (3, 2))
    assert cut[""].params == whole[""].params
    assert 3 * cut["encoder.layers.*"].flops == 2 * whole["encoder.layers.*"].flops > 0
    idle = cut["encoder.idle_layers.*"]
    assert (idle.flops, 3 * idle.params) == (0, whole["encoder.layers.*"].params)
    assert "encoder.idle_layers.*" not in whole


def test_modules_go_by_together_only_where_the_description_says_so():
    assert "encoder.layers.0" in count(build(encoder({})), 1)
    assert "encoder.layers.0" not in count(build(encoder({"encoder.layers": 3})), 1)


def test_a_model_is_on_the_meta_device_and_in_float32():
    built = build(encoder({}))
    for tensor in (*built.module.parameters(), *built.inputs(5).values()):
        assert (tensor.device.type, tensor.dtype) == ("meta", torch.float32)
    assert built.inputs(5)["pixel_values"].shape == (5, 3, 4, 4)


def test_a_class_that_the_library_lacks_is_an_import_error():
    """As an import of it would be: `verify` says then what to install."""
    with pytest.raises(ImportError, match="diffusers has no NoSuchModel"):
        make(Recipe(library="diffusers", class_name="NoSuchModel"))
