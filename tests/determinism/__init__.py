"""The same bytes everywhere: see `nox -s determinism`."""
