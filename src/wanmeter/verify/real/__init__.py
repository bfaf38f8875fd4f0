"""The real models on the meta device. Only this package imports torch."""
