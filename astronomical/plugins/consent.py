"""What a user has agreed to run. Agreement is for the exact content of a file, wherever it lies."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from astronomical.plugins.files import PluginFile

__all__ = ["Consents"]


class Consents:
    """Digests of the plugin files that this user has agreed to run, kept on this machine.

    Parameters
    ----------
    path
        The file that holds them; by default one in the user's configuration folder, or in ``$ASTRONOMICAL_HOME``.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or _default_path()

    def has(self, file: PluginFile) -> bool:
        """Tell whether the user has agreed to run exactly this."""
        return file.sha256 in self._read()

    def give(self, file: PluginFile) -> None:
        """Remember that the user agrees to run this."""
        found = self._read()
        found[file.sha256] = {"path": str(file.path), "when": datetime.now(UTC).isoformat(timespec="seconds")}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.write_text(json.dumps(found, indent=1), encoding="utf-8")
        fresh.replace(self.path)

    def _read(self) -> dict[str, dict[str, str]]:
        """Return what is remembered; a file that cannot be understood is no consent."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _default_path() -> Path:
    home = os.environ.get("ASTRONOMICAL_HOME")
    folder = Path(home).expanduser() if home else platformdirs.user_config_path("astronomical")
    return folder / "consents.json"
