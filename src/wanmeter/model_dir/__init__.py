"""A model's own configuration files, as they come with its weights: both layouts, JSON only."""

from wanmeter.model_dir.load import LoadedModel, load_model_dir

__all__ = ["LoadedModel", "load_model_dir"]
