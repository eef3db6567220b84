"""Checks for plugins. All built-in extensions pass the same checks.

On the command line ``python -m astronomical.plugins.testing my_plugin.py``; in pytest the fixture ``check_plugin`` of
`astronomical.plugins.testing.fixtures`.
"""

from __future__ import annotations

from astronomical.plugins.testing.run import Finding, check_extension, check_path

__all__ = ["Finding", "check_extension", "check_path"]
