"""A packaged model's name stands for the packaged model alone; what differs is in the name, everywhere."""

import pytest
from attrs import evolve, fields
from click.testing import CliRunner

from wanmeter import Report, configure, meter
from wanmeter.cli.main import main
from wanmeter.configs import option_names
from wanmeter.models import ModelSpec
from wanmeter.naming import is_published

TINY = "workload=wan2-1-ci-tiny"


def name(*overrides, **arguments):
    return configure(overrides=overrides, **arguments).model.name


@pytest.mark.parametrize("packaged", option_names("model"))
def test_a_packaged_model_keeps_its_name(packaged):
    assert name(f"model={packaged}") == packaged
    assert name(f"model={packaged}", "model.num_layers=42").startswith(
        f"{packaged} with num_layers=42"
    )


def test_every_field_that_is_changed_is_told():
    told = {
        "dim": 768,
        "ffn_dim": 64,
        "num_heads": 6,
        "num_layers": 3,
        "freq_dim": 128,
        "text_dim": 2048,
        "image_dim": 640,
    }
    assert told.keys() >= {each.name for each in fields(ModelSpec)} - {
        *("name", "task", "in_dim", "out_dim", "vace_in_dim", "vace_layers", "num_inference_steps")
    }
    for key, value in told.items():
        more = ["text_encoder.dim=2048"] if key == "text_dim" else []
        assert name(f"model.{key}={value}", *more) == f"wan2_1_t2v_1_3b with {key}={value}", key
    changed = name("model=wan2_1_vace_14b", "model.vace_layers=[0,7]")
    assert changed == "wan2_1_vace_14b with vace_layers=[0,7]"


def test_many_changes_are_counted():
    five = [
        f"model.{key}" for key in ("ffn_dim=64", "num_layers=3", "freq_dim=128", "image_dim=640")
    ]
    assert name(*five).count("=") == 4
    six = [*five, "model.dim=1024", "model.num_heads=8"]
    assert name(*six) == (
        "wan2_1_t2v_1_3b with dim=1024, ffn_dim=64, num_heads=8, num_layers=3, 2 more changes"
    )


def test_what_is_no_part_of_the_model_is_not_in_its_name():
    assert name("model.num_inference_steps=4", "vae.bits=16", "workload.num_frames=5") == (
        "wan2_1_t2v_1_3b"
    )


def test_a_change_that_is_taken_back_is_no_change():
    run = configure(overrides=["model.num_layers=3"])
    assert configure(run, overrides=["model.num_layers=30"]).model.name == "wan2_1_t2v_1_3b"


def test_objects_are_named_alike():
    model = evolve(configure("wan2_1_t2v_14b").model, num_layers=30)
    assert meter(model, "wan2-1-ci-tiny").model.name == "wan2_1_t2v_14b with num_layers=30"
    own = evolve(model, name="mine")
    assert meter(own, "wan2-1-ci-tiny").model.name == "mine"
    assert name(model=own) == "mine"
    changed = configure(own, overrides=["model.num_layers=2"])
    assert changed.model.name == "mine with num_layers=2"


def test_a_run_that_is_changed_as_an_object_says_so_too():
    run = configure("wan2_1_t2v_14b", "wan2-1-ci-tiny")
    changed = evolve(run, model=evolve(run.model, num_layers=3))
    assert Report.of(changed).model.name == "wan2_1_t2v_14b with num_layers=3"
    assert Report.of(changed).caption.startswith("wan2_1_t2v_14b with num_layers=3: ")


def test_changes_of_changes_are_told_once():
    own = evolve(configure("wan2_1_t2v_14b").model, name="mine")
    once = configure(own, overrides=["model.num_layers=30"])
    assert (
        configure(once, overrides=["model.num_layers=20"]).model.name == "mine with num_layers=20"
    )
    both = configure(once, overrides=["model.ffn_dim=64"])
    assert both.model.name == "mine with num_layers=30, ffn_dim=64"
    many = configure(
        overrides=[
            f"model.{key}"
            for key in (
                "dim=768",
                "num_heads=6",
                "ffn_dim=64",
                "num_layers=3",
                "freq_dim=128",
                "image_dim=64",
            )
        ]
    )
    assert many.model.name.endswith(", 2 more changes")
    assert Report.of(configure(many, "tiny")).model.name == many.model.name
    odd = evolve(own, name="my model with hat")
    assert configure(odd, overrides=["model.num_layers=3"]).model.name == (
        "my model with hat with num_layers=3"
    )


@pytest.mark.parametrize("command", [["show"], ["dump"], ["report", "--format", "md"], ["formula"]])
def test_whatever_is_written_says_it(command):
    done = CliRunner().invoke(main, [*command, TINY, "model.num_layers=7"])
    written = done.stdout.replace("\\_", "_")  # as Markdown has it
    assert "wan2_1_t2v_1_3b with num_layers=7" in written


def test_a_report_that_is_read_back_has_the_name():
    report = meter(configure(overrides=["model.num_layers=7", TINY]))
    assert Report.from_json(report.to_json()).model.name == "wan2_1_t2v_1_3b with num_layers=7"


@pytest.mark.parametrize(
    ("folder", "published"),
    [
        ("Wan2.1-T2V-14B", True),
        ("Wan2.1-T2V-14B-Diffusers", True),
        ("wan2_1_t2v_14b", True),
        ("Wan2.1-T2V-14B-StepDistill-CfgDistill", False),
        ("Wan2.1-T2V-1.3B", False),
        ("my-Wan2.1-T2V-14B", False),
        ("Wan2.1-T2V-14BX", False),
    ],
)
def test_published_names(folder, published):
    assert is_published("wan2_1_t2v_14b", folder) is published
