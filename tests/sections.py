"""Converts a run to the configuration sections that describe it."""

from attrs import asdict


def sections_of(run):
    """Plain dicts, one for each section."""
    return {
        "model": asdict(run.model),
        "transformer": {"layer_impl": run.layer_impl.name, **asdict(run.transformer)},
        "text_encoder": asdict(run.text_encoder),
        "image_encoder": asdict(run.image_encoder),
        "vae": asdict(run.vae),
        "workload": asdict(run.workload),
    }
