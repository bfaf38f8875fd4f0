"""A run as the sections of a configuration that it would come from."""

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
