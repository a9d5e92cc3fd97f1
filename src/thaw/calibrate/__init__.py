"""Calibration: subsystems fitted one by one to the record, and the posterior sets that result."""

DEFAULT = "all"
"""The posterior set that runs use unless said."""
