"""Runs, ensembles, comparisons."""
