"""The real models, on the meta device: built, counted, watched and traced. Only here is torch imported."""
