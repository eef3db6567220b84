"""Sphinx configuration. The build needs no network, and the pages that it makes load nothing from one."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

import astronomical  # noqa: E402

project = "astronomical"
author = "The astronomical developers"
copyright = "The astronomical developers"
release = version = astronomical.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "generated"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # the signatures are long enough as they are
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "astronomical"
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_end": [],
}
