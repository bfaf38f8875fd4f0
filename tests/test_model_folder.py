"""A model from its folder: the packaged models byte by byte, others as they are, errors by file and key."""

import os
import re

import pytest
from click.testing import CliRunner

from tests.folders import OFFICIAL, PUBLISHED, change, diffusers, official
from tests.unprivileged import as_nobody
from wanmeter import ConfigError, InvalidValueError, WanmeterError, load_model_dir, meter
from wanmeter.cli.main import main

LAYOUTS = {"official": official, "diffusers": diffusers}


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", OFFICIAL)
def test_a_published_folder_gives_the_packaged_models_report(tmp_path, name, layout):
    folder = LAYOUTS[layout](tmp_path, name)
    for arguments in (["workload=720p"], ["workload=wan2-1-ci-tiny", "vae.bits=16"]):
        from_folder = run("dump", "--model-dir", str(folder), *arguments)
        packaged = run("dump", f"model={name}", *arguments)
        assert from_folder.exit_code == 0, from_folder.output
        assert from_folder.stdout_bytes == packaged.stdout_bytes


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_library_does_the_same(tmp_path, layout):
    loaded = load_model_dir(LAYOUTS[layout](tmp_path, "wan2_1_i2v_14b"))
    assert loaded.model.num_inference_steps == 40
    assert meter(loaded, "wan2-1-480p") == meter("wan2_1_i2v_14b", "wan2-1-480p")


def test_show_takes_a_folder_too(tmp_path):
    done = run("show", "--model-dir", str(official(tmp_path, "wan2_1_t2v_14b")), "--depth", "0")
    assert done.stdout.startswith("wan2_1_t2v_14b: ")


def test_a_fine_tune_of_other_widths_goes_by_its_folders_name(tmp_path):
    folder = official(tmp_path, "wan2_1_t2v_1_3b", dim=768, num_layers=7)
    folder = folder.rename(tmp_path / "my-finetune")
    report = meter(load_model_dir(folder), "wan2-1-ci-tiny")
    assert (report.model.name, report.model.dim) == ("my-finetune", 768)
    assert report["transformer/blocks"].copies == 7


def test_components_of_other_widths_are_read(tmp_path):
    folder = diffusers(tmp_path, "wan2_1_i2v_14b")
    change(folder / "text_encoder" / "config.json", d_kv=32, num_layers=3)
    change(folder / "vae" / "config.json", base_dim=32)
    change(folder / "image_encoder" / "config.json", num_hidden_layers=12)
    loaded = load_model_dir(folder)
    assert (loaded.text_encoder.head_dim, loaded.text_encoder.num_layers) == (32, 3)
    assert loaded.vae.widths == (32, 64, 128, 128)
    assert (loaded.image_encoder.num_layers, loaded.image_encoder.layers_run) == (12, 11)
    assert meter(loaded, "wan2-1-ci-tiny").total.flops > 0


def test_overrides_hold_over_what_the_folder_says(tmp_path):
    folder = str(official(tmp_path, "wan2_1_t2v_1_3b"))
    changed = ["model.num_layers=3", "transformer.layer_impl=wan2_1"]
    from_folder = run("dump", "--model-dir", folder, *changed)
    assert from_folder.stdout == run("dump", *changed).stdout


def test_a_model_cannot_be_chosen_twice(tmp_path):
    done = run(
        "dump", "--model-dir", str(official(tmp_path, "wan2_1_t2v_14b")), "model=wan2_1_t2v_14b"
    )
    assert done.exit_code == 2
    assert done.stderr == (
        "Error: model: chosen twice, by an argument and by an override; leave one out\n"
    )


TRANSFORMER, TEXT, VAE = (f"{part}/config.json" for part in ("transformer", "text_encoder", "vae"))
INDEX, IMAGE = "model_index.json", "image_encoder/config.json"

BROKEN = [
    # layout, file, what is changed, the key and the problem that are named
    ("official", "config.json", {"dim": -5120}, "dim", "got -5120; allowed: a positive integer"),
    ("official", "config.json", {"dim": 5120.0}, "dim", "got 5120.0; allowed: a positive integer"),
    ("official", "config.json", {"dim": "5120"}, "dim", "got '5120'; allowed: a positive integer"),
    ("official", "config.json", {"num_heads": 48}, "num_heads", "got 48; allowed: a divisor of"),
    ("official", "config.json", {"qk_norm": False}, "qk_norm", "got False; allowed: True"),
    ("official", "config.json", {"cross_attn_norm": 0}, "cross_attn_norm", "got 0; allowed: True"),
    ("official", "config.json", {"patch_size": [1, 4, 4]}, "patch_size", "got [1, 4, 4]"),
    ("official", "config.json", {"text_dim": 2048}, "text_dim", "got 2048; allowed: 4096"),
    ("official", "config.json", {"window_size": [8, 8]}, "window_size", "got [8, 8]"),
    ("official", "config.json", {"_class_name": ...}, "_class_name", "missing"),
    ("official", "config.json", {"_class_name": "LlamaModel"}, "_class_name", "got 'LlamaModel'"),
    ("official", "config.json", {"model_type": "vace"}, "model_type", "got 'vace'; allowed: 't2v'"),
    ("official", "config.json", {"flf": True}, "flf", "not a key that is modelled; it may change"),
    ("official", "config.json", {"text_len": 77}, "text_len", "got 77; allowed: 512"),
    ("official", "config.json", {"vace_layers": [0]}, "vace_layers", "not a key that is"),
    ("diffusers", INDEX, {"_class_name": "WanPipeline"}, "_class_name", "WanPipeline does not go"),
    (
        "diffusers",
        INDEX,
        {"image_encoder": [None, None]},
        "image_encoder",
        "none; the pipeline has one",
    ),
    (
        "diffusers",
        INDEX,
        {"transformer": [None, None]},
        "transformer",
        "none; the pipeline has one",
    ),
    (
        "diffusers",
        INDEX,
        {"scheduler": ["diffusers", "FlowMatchHeunDiscreteScheduler"]},
        "scheduler",
        "got [",
    ),
    ("diffusers", TRANSFORMER, {"pos_embed_seq_len": 7}, "pos_embed_seq_len", "got 7; allowed: "),
    ("diffusers", TRANSFORMER, {"patch_size": [True, 2.0, 2]}, "patch_size", "got [True, 2.0, 2]"),
    ("diffusers", TRANSFORMER, {"added_kv_proj_dim": ...}, "added_kv_proj_dim", "got None"),
    ("diffusers", TRANSFORMER, {"rope_max_seq_len": 64}, "rope_max_seq_len", "got 64"),
    ("diffusers", TEXT, {"is_gated_act": False}, "is_gated_act", "got False; allowed: True"),
    ("diffusers", VAE, {"decoder_base_dim": 0}, "decoder_base_dim", "got 0; allowed: a positive"),
    ("diffusers", VAE, {"in_channels": 12}, "in_channels", "got 12; allowed: 3"),
    ("diffusers", INDEX, {"_class_name": "FluxPipeline"}, "_class_name", "got 'FluxPipeline'"),
    ("diffusers", INDEX, {"vae": ...}, "vae", "none; the pipeline has one"),
    ("diffusers", INDEX, {"image_encoder": ...}, "image_encoder", "none; the pipeline has one"),
    ("diffusers", TRANSFORMER, {"image_dim": None}, "added_kv_proj_dim", "got 5120; allowed: None"),
    (
        "diffusers",
        TRANSFORMER,
        {"image_dim": None, "added_kv_proj_dim": None},
        "in_channels",
        "36 without image_dim: a Wan2.2 model",
    ),
    ("diffusers", TRANSFORMER, {"quantization_config": {}}, "quantization_config", "not a key"),
    ("diffusers", TEXT, {"quantization_config": None}, "quantization_config", "not a key that is"),
    ("diffusers", TEXT, {"dtype": "float8_e4m3fn"}, "dtype", "got 'float8_e4m3fn'; allowed: None"),
    ("diffusers", TRANSFORMER, {"_class_name": "DiT"}, "_class_name", "got 'DiT'; allowed: "),
    ("diffusers", TRANSFORMER, {"patch_size": [2, 2, 2]}, "patch_size", "got [2, 2, 2]"),
    ("diffusers", TRANSFORMER, {"added_kv_proj_dim": 4096}, "added_kv_proj_dim", "got 4096"),
    ("diffusers", TRANSFORMER, {"num_attention_heads": -1}, "num_attention_heads", "got -1"),
    ("diffusers", TRANSFORMER, {"in_channels": True}, "in_channels", "got True; allowed: a pos"),
    ("diffusers", TEXT, {"feed_forward_proj": "relu"}, "feed_forward_proj", "got 'relu'"),
    ("diffusers", TEXT, {"d_ff": [1]}, "d_ff", "got [1]; allowed: a positive integer"),
    ("diffusers", TEXT, {"architectures": ["T5"]}, "architectures", "got ['T5']"),
    ("diffusers", VAE, {"dim_mult": [1, 2]}, "dim_mult", "got (1, 2); allowed: 4 levels"),
    ("diffusers", VAE, {"is_residual": 1}, "is_residual", "got 1; allowed: true or false"),
    ("diffusers", VAE, {"patch_size": 2}, "in_channels", "got 3; allowed: 12"),
    ("diffusers", VAE, {"scale_factor_spatial": 16}, "scale_factor_spatial", "got 16; allowed: 8"),
    ("diffusers", VAE, {"z_dim": 0}, "z_dim", "got 0; allowed: a positive integer"),
    ("diffusers", IMAGE, {"hidden_act": "quick_gelu"}, "hidden_act", "got 'quick_gelu'"),
    ("diffusers", IMAGE, {"hidden_act": ...}, "hidden_act", "got 'quick_gelu'"),
    ("diffusers", IMAGE, {"patch_size": 15}, "patch_size", "got 15; allowed: a divisor of"),
]


@pytest.mark.parametrize(("layout", "file", "changes", "key", "problem"), BROKEN)
def test_a_broken_file_is_one_line_that_names_file_and_key(
    tmp_path, layout, file, changes, key, problem
):
    name = "wan2_1_i2v_14b" if layout == "diffusers" else "wan2_1_t2v_14b"
    folder, output = LAYOUTS[layout](tmp_path, name), tmp_path / "report.json"
    change(folder / file, **changes)
    done = run("dump", "--model-dir", str(folder), "-o", str(output))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {folder / file}: {key}: {problem}")
    assert done.stderr.count("\n") == 1
    assert not output.exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON: "),
        ("", "not JSON: "),
        ("[]", "not a JSON object"),
        ('{"dim": NaN}', "not JSON: NaN is not a JSON number"),
        ('{"dim": 1, "dim": 2}', "not JSON: duplicate key 'dim'"),
        ("[" * 100_000, "not JSON: "),
        ("\x00", "not JSON: "),
        ('{"a": "' + "x" * 2**20 + '"}', "too large: more than 1,048,576 bytes"),
    ],
)
def test_malformed_json_is_one_line(tmp_path, text, problem):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path / 'config.json'}: {problem}")):
        load_model_dir(tmp_path)


def test_bytes_that_are_no_text_are_one_line(tmp_path):
    (tmp_path / "config.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ConfigError, match="not JSON"):
        load_model_dir(tmp_path)


def test_folders_without_the_files(tmp_path):
    with pytest.raises(
        ConfigError, match=r"not a model folder: it has no model_index\.json or config\.json"
    ):
        load_model_dir(tmp_path)
    with pytest.raises(ConfigError, match="not a directory"):
        load_model_dir(tmp_path / "nowhere")
    folder = diffusers(tmp_path, "wan2_1_t2v_14b")
    (folder / "vae" / "config.json").unlink()
    with pytest.raises(ConfigError, match=r"vae/config\.json: no such file"):
        load_model_dir(folder)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_opened(tmp_path, make):
    make(tmp_path / "config.json")
    with pytest.raises(ConfigError, match="not a regular file"):
        load_model_dir(tmp_path)


@pytest.mark.parametrize(
    ("layout", "closed", "named"),
    [
        ("official", "config.json", "config.json"),
        ("official", ".", "."),
        ("official", "..", "."),
        ("diffusers", "vae/config.json", "vae/config.json"),
        ("diffusers", "vae", "vae/config.json"),
        ("diffusers", ".", "."),
    ],
)
def test_what_may_not_be_read_is_one_line(open_path, layout, closed, named):
    folder = LAYOUTS[layout](open_path / "parent", "wan2_1_t2v_1_3b")
    (folder / closed).chmod(0o000)
    said = as_nobody(lambda: load_model_dir(folder))
    (folder.parent / folder.name / closed).chmod(0o755) if closed != ".." else folder.parent.chmod(
        0o755
    )
    assert said == f"{folder / named}: Permission denied"
    load_model_dir(folder)  # it was that, and nothing else


def test_components_that_do_not_fit_together_are_refused(tmp_path):
    folder = diffusers(tmp_path, "wan2_1_i2v_14b")
    change(folder / "text_encoder" / "config.json", d_model=2048)
    with pytest.raises(
        InvalidValueError, match=r"text_encoder\.dim: got 2048; allowed: model\.text"
    ):
        meter(load_model_dir(folder), "wan2-1-ci-tiny")


@pytest.mark.parametrize("name", ["wan2_1_i2v_14b", "wan2_1_vace_14b"])
def test_keys_that_other_tasks_have_can_be_overridden_too(tmp_path, name):
    folder = official(tmp_path, name)
    layers = {"wan2_1_vace_14b": "model.vace_layers=[0,7]", "wan2_1_i2v_14b": "model.ffn_dim=64"}
    done = run("dump", "--model-dir", str(folder), layers[name])
    assert done.exit_code == 0, done.output
    assert done.stdout == run("dump", f"model={name}", layers[name]).stdout


def emptied(folder, *, but=("config.json",)):
    """A folder with nothing left beside some files."""
    for path in folder.iterdir():
        if path.name not in but:
            path.unlink()
    return folder


def name_of(folder):
    return meter(load_model_dir(folder), "wan2-1-ci-tiny").model.name


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_folder_of_another_name_says_its_name_and_the_packaged_one(tmp_path, name):
    folder = official(tmp_path, name).rename(tmp_path / "my-finetune")
    assert name_of(folder) == f"my-finetune ({name})"
    renamed = folder.rename(tmp_path / f"{PUBLISHED[name]}-StepDistill")
    assert name_of(renamed) == f"{PUBLISHED[name]}-StepDistill ({name})"


def test_a_snapshot_in_the_hubs_cache_is_called_by_its_repository(tmp_path):
    cached = tmp_path / "models--Wan-AI--Wan2.1-T2V-1.3B-Diffusers" / "snapshots" / "0fad780"
    cached.parent.mkdir(parents=True)
    diffusers(tmp_path, "wan2_1_t2v_1_3b").rename(cached)
    assert name_of(cached) == "wan2_1_t2v_1_3b"
    assert name_of(cached / "transformer").startswith("wan2_1_t2v_1_3b (assumed: ")


@pytest.mark.parametrize("name", ["wan2_1_t2v_14b", "wan2_1_i2v_14b"])
def test_a_lone_file_that_wan2_2_has_too_says_what_is_assumed(tmp_path, name):
    folder = emptied(official(tmp_path, name))
    assumed = f"{name} (assumed: Wan2.1, not Wan2.2)"
    report = meter(load_model_dir(folder), "wan2-1-ci-tiny")
    assert report.model.name == assumed
    for command in (["show"], ["dump"], ["report", "--format", "md"], ["formula"]):
        done = run(*command, "--model-dir", str(folder), "workload=wan2-1-ci-tiny")
        assert assumed in done.stdout.replace("\\_", "_"), command  # as Markdown has it


@pytest.mark.parametrize("name", ["wan2_1_t2v_1_3b", "wan2_1_flf2v_14b", "wan2_1_vace_14b"])
def test_a_lone_file_that_wan2_2_has_not_assumes_nothing(tmp_path, name):
    assert name_of(emptied(official(tmp_path, name))) == name


def test_the_transformer_of_a_pipeline_alone(tmp_path):
    folder = diffusers(tmp_path, "wan2_1_i2v_14b") / "transformer"
    report = meter(load_model_dir(folder), "wan2-1-ci-tiny")
    assumed = "(assumed: the other components of Wan2.1; Wan2.1, not Wan2.2)"
    assert report.model.name == f"wan2_1_i2v_14b {assumed}"
    assert report.total == meter("wan2_1_i2v_14b", "wan2-1-ci-tiny").total


def test_the_folder_that_is_published_for_480p_brings_480p(tmp_path):
    folder = official(tmp_path, "wan2_1_i2v_14b").rename(tmp_path / "Wan2.1-I2V-14B-480P")
    report = meter(load_model_dir(folder))
    assert report.model.name == "Wan2.1-I2V-14B-480P (wan2_1_i2v_14b)"
    assert report.workload.height == 480


def test_snapshots_of_a_training_and_links_keep_their_names(tmp_path):
    official(tmp_path, "wan2_1_t2v_1_3b", num_layers=3).rename(tmp_path / "step1000")
    (tmp_path / "snapshots").mkdir()
    folder = (tmp_path / "step1000").rename(tmp_path / "snapshots" / "step1000")
    assert name_of(folder) == "step1000"
    (tmp_path / "mine").symlink_to(folder)
    assert name_of(tmp_path / "mine") == "mine"


def test_overrides_of_a_folder_are_in_its_name(tmp_path):
    folder = official(tmp_path, "wan2_1_t2v_1_3b").rename(tmp_path / "mine")
    done = run("show", "--model-dir", str(folder), "model.num_layers=3", "model.ffn_dim=64")
    assert done.stdout.startswith("mine (wan2_1_t2v_1_3b) with ffn_dim=64, num_layers=3: ")


@pytest.mark.parametrize("name", ["adapter_config.json", "pytorch_lora_weights.safetensors"])
def test_a_lora_says_what_to_do_instead(tmp_path, name):
    (tmp_path / name).write_text("{}")
    with pytest.raises(
        ConfigError, match="a LoRA, not a model; cost the model that it was trained"
    ):
        load_model_dir(tmp_path)


def test_a_checkpoint_in_a_file_says_what_to_do_instead(tmp_path):
    (tmp_path / "wan.safetensors").write_bytes(b"")
    with pytest.raises(
        ConfigError, match="a file, not a directory; of a checkpoint in a single file"
    ):
        load_model_dir(tmp_path / "wan.safetensors")


@pytest.mark.parametrize("directory", [3, None, "\0"])
def test_what_names_no_directory_is_refused(directory):
    with pytest.raises(ConfigError, match="not a directory"):
        load_model_dir(directory)


def test_errors_are_wanmeters():
    assert issubclass(ConfigError, WanmeterError)
