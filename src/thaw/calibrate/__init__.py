"""Calibration: subsystems fitted one by one to the record, and the posterior sets that result."""
