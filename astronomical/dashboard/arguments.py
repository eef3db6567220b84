"""What the app is told on the command line of the server, behind ``--args``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["AppArguments"]


@dataclass(frozen=True)
class AppArguments:
    """The same for every page of a server.

    Parameters
    ----------
    config
        A project that every new page opens.
    plugins
        Plugin files, or folders of them, for all projects.
    trust_plugins
        Agree to run the plugin files that a project names, without asking in the browser.
    """

    config: Path | None = None
    plugins: tuple[Path, ...] = ()
    trust_plugins: bool = False

    @classmethod
    def parse(cls, words: Sequence[str]) -> AppArguments:
        """Read the words behind ``--args``; SystemExit with a sentence if they make no sense."""
        parser = argparse.ArgumentParser(prog="panel serve astronomical --args", add_help=False)
        parser.add_argument("config", nargs="?", type=Path)
        parser.add_argument("--plugins", type=Path, action="append", default=[])
        parser.add_argument("--trust-plugins", action="store_true")
        found = parser.parse_args(list(words))
        return cls(found.config, tuple(found.plugins), found.trust_plugins)

    def as_command(self) -> list[str]:
        """Return the words that `parse` reads, with ``--args`` before them; nothing if all is as by default."""
        words = [str(self.config)] if self.config is not None else []
        for path in self.plugins:
            words += ["--plugins", str(path)]
        if self.trust_plugins:
            words.append("--trust-plugins")
        return ["--args", *words] if words else []
