"""The recorded reference: FLOPs and parameters of the real modules, so that no torch is needed to compare."""
