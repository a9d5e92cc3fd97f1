"""The model: clock, world state, coupling, one month, observation layer, parameters with priors.

Importing this room sets JAX up, once, at the door: 64-bit floats (design rule 6), and a folder for
compiled code so that only the first run compiles (``THAW_CACHE`` moves it).
"""

import os
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)


def cache_folder() -> Path:
    """Return the folder for compiled code: $THAW_CACHE, or ``thaw`` in the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("THAW_CACHE") or Path(home) / "thaw")


jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
