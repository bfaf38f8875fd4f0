"""How long it takes: measured, shown as tables, never asserted."""
