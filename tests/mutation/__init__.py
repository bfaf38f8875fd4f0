"""Is every operator and every constant of the core held by a test? See `nox -s mutation`."""
