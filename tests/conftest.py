"""Shared settings of the tests: shapes are checked, and compiled code is kept between runs."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("THAW_CACHE", str(Path(__file__).parent.parent / ".pytest_cache" / "jax"))


@pytest.fixture(scope="session")
def small_run():
    """Return a run of the default scenario with 16 draws, shared by the tests that read it."""
    import thaw

    return thaw.run(draws=16)
