"""Sphinx configuration of the documents."""

from thaw import __version__

project = "thaw"
author = "The thaw developers"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}
html_title = "thaw"
exclude_patterns = ["_build"]
suppress_warnings = ["myst.header", "myst.xref_missing"]
autodoc_typehints = "signature"
