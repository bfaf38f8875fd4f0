"""All records of the core are frozen and take keywords; layers are final; elements default to 16 bits."""

import importlib
import inspect
import pkgutil

import attrs
import pytest

from wanmeter import ModelSpec, Precision, TransformerOptions, Workload, configure, meter
from wanmeter.configs import option_names
from wanmeter.layers import Composite, Decorator, Layer, Leaf, Primitives
from wanmeter.models import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.element_sizes import precision_of, resolved

PACKAGES = ("cost", "layers", "backends", "models")


def modules():
    for name in PACKAGES:
        module = importlib.import_module(f"wanmeter.{name}")
        yield module
        for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"wanmeter.{name}."):
            yield importlib.import_module(found.name)


CLASSES = {
    value: None
    for module in modules()
    for value in vars(module).values()
    if isinstance(value, type) and value.__module__ == module.__name__
}
RECORDS = [cls for cls in CLASSES if attrs.has(cls) and attrs.fields(cls)]

# Few fields, whose order nobody mixes up.
POSITIONAL = {
    "AttentionBlock",
    "ConfigFile",
    "Counterpart",
    "Decoder",
    "Downsample2x",
    "Encoder",
    "ImageEmbedding",
    "Input",
    "Level",
    "MidBlock",
    "MapOperators",
    "Passes",
    "Tensor",
    "ResidualBlock",
    "Step",
    "StepScaled",
    "TimeEmbedding",
    "TimeProjection",
    "Upsample2x",
    "Wan2_1Attention",
    "Wan2_1MLP",
    "Wan2_1Operator",
    "WanBlock",
    "WanCoreBlock",
    "WanHead",
    "WanTransformer",
    "WanTransformerCore",
}


def test_there_are_records():
    assert len(RECORDS) > 60


@pytest.mark.parametrize("record", RECORDS, ids=lambda cls: cls.__name__)
def test_records_take_keywords(record):
    """Two counts in the wrong order would silently give another number."""
    positional = {field.name for field in attrs.fields(record) if field.init and not field.kw_only}
    assert bool(positional) == (record.__name__ in POSITIONAL)


@pytest.mark.parametrize("record", RECORDS, ids=lambda cls: cls.__name__)
def test_records_are_frozen(record):
    instance = object.__new__(record)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(instance, attrs.fields(record)[0].name, 1)


def test_elements_have_sixteen_bits_unless_told():
    """The official code's bfloat16; its VAE alone is float32."""
    assert Precision() == Precision(bits=16, weight_bits=16)
    for record in RECORDS:
        for field in attrs.fields(record):
            if field.name == "precision" and record is not Primitives:
                assert field.default == Precision()
    for component in (TextEncoderSpec(), ImageEncoderSpec(), TransformerOptions()):
        assert precision_of(component) == Precision()
    assert precision_of(VaeSpec()) == Precision(bits=32, weight_bits=32)


def test_element_sizes_are_open_until_they_are_asked_for():
    """A given size is kept; one that is not given is the component's default."""
    assert (VaeSpec().bits, VaeSpec().weight_bits) == (None, None)
    half = VaeSpec(bits=16)
    assert precision_of(half) == Precision(bits=16, weight_bits=32)
    assert resolved(half) == VaeSpec(bits=16, weight_bits=32)
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", overrides=["vae.bits=16"])
    assert report.components.vae == resolved(half)


def test_layers_are_abstract_or_final():
    layers = [cls for cls in CLASSES if issubclass(cls, Layer)]
    abstract = {Layer, Leaf, Composite, Decorator}
    assert abstract < set(layers)
    for cls in layers:
        assert getattr(cls, "__final__", False) == (cls not in abstract), cls


def test_what_a_run_is_by_default_is_what_is_packaged():
    packaged = configure("wan2_1_t2v_1_3b", "wan2-1-480p")
    assert TextEncoderSpec() == packaged.text_encoder
    assert ImageEncoderSpec() == packaged.image_encoder
    assert VaeSpec() == packaged.vae
    assert configure("wan2_2_ti2v_5b", vae="wan2_2_vae").vae == configure("wan2_2_ti2v_5b").vae
    assert TransformerOptions() == packaged.transformer


@pytest.mark.parametrize(
    "name", [name for name in option_names("model") if name.startswith("wan2_1")]
)
def test_what_a_model_leaves_out_is_what_the_t2v_models_have(name):
    """Widths that no variant changes, but for what goes in and how often it is run."""
    packaged = configure(name).model
    varied = ("in_dim", "task", "vace_layers", "num_inference_steps")
    for field in attrs.fields(ModelSpec):
        if field.default is not attrs.NOTHING and field.name not in varied:
            assert getattr(packaged, field.name) == field.default
    if packaged.task == "t2v":
        assert all(
            getattr(packaged, name) == getattr(attrs.fields(ModelSpec), name).default
            for name in varied
        )


def test_a_workload_is_one_video_with_guidance_and_a_padded_prompt():
    """Wan2.1 generate.py and wan/configs/shared_config.py: text_len."""
    workload = Workload(num_frames=81, height=480, width=832, num_inference_steps=50)
    assert (workload.batch_size, workload.guidance) == (1, True)
    assert (workload.text_len, workload.num_reference_images) == (512, 0)


def functions():
    for module in modules():
        for value in vars(module).values():
            if inspect.isfunction(value) and value.__module__ == module.__name__:
                yield value
    for cls in CLASSES:
        if issubclass(cls, tuple):  # its methods are Python's
            continue
        yield from (value for value in vars(cls).values() if inspect.isfunction(value))


def test_switches_are_named_where_they_are_set():
    """No parameter is by position only, and what is true or false, or may be left out, is by keyword."""
    seen = 0
    for function in functions():
        if function.__name__.startswith("__"):
            continue
        for parameter in inspect.signature(function).parameters.values():
            seen += 1
            assert parameter.kind is not parameter.POSITIONAL_ONLY, function
            if isinstance(parameter.default, bool):
                assert parameter.kind is parameter.KEYWORD_ONLY, function
    assert seen > 200
