"""What an implementation does with a model: kernels, and the bytes that are live while each runs."""
