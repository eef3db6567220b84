"""Store which plugin files the user has agreed to run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from astronomical.paths import user_folder, write_user_file
from astronomical.plugins.files import PluginFile

__all__ = ["Consents"]


class Consents:
    """The plugin files that the user has agreed to run on this computer.

    Consent is given for the content and the path of a file. A plugin may read or import files in its folder, so the
    same content in another folder is another plugin.

    Parameters
    ----------
    path
        File in which consent is stored; by default in the configuration folder of the user or ``$ASTRONOMICAL_HOME``.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_folder("config") / "consents.json"

    def has(self, file: PluginFile) -> bool:
        """Return whether the user has agreed to run this content at this path."""
        return _key(file) in self._read()

    def give(self, file: PluginFile) -> None:
        """Remember that the user agrees to run this content at this path."""
        found = self._read()
        found[_key(file)] = {"when": datetime.now(UTC).isoformat(timespec="seconds")}
        write_user_file(self.path, json.dumps(found, indent=1).encode())

    def _read(self) -> dict[str, dict[str, str]]:
        """Return the stored consent. A file that cannot be read contains none."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _key(file: PluginFile) -> str:
    return f"{file.sha256} {file.path}"
