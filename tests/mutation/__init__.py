"""Does a test hold every operator and constant of the core? See `nox -s mutation`."""
