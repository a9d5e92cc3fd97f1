"""Validation: splits of the record, naive baselines, scores, and what they say of the model."""
