"""Arguments of the app on the command line of the server, after ``--args``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from astronomical.paths import path_argument

__all__ = ["AppArguments"]


@dataclass(frozen=True)
class AppArguments:
    """Arguments that apply to all pages of a server.

    Parameters
    ----------
    config
        A project that every new page opens.
    plugins
        Plugin files, or folders of them, for all projects.
    trust_plugins
        Run the plugin files of projects without asking in the browser.
    no_token
        Accept every account of this computer.
    """

    config: Path | None = None
    plugins: tuple[Path, ...] = ()
    trust_plugins: bool = False
    no_token: bool = False

    @classmethod
    def parse(cls, words: Sequence[str]) -> AppArguments:
        """Parse the words after ``--args``; SystemExit with a message if they are not valid."""
        parser = argparse.ArgumentParser(prog="panel serve astronomical --args", add_help=False)
        parser.add_argument("config", nargs="?", type=path_argument)
        parser.add_argument("--plugins", type=path_argument, action="append", default=[])
        parser.add_argument("--trust-plugins", action="store_true")
        parser.add_argument("--no-token", action="store_true")
        found = parser.parse_args(list(words))
        return cls(found.config, tuple(found.plugins), found.trust_plugins, found.no_token)

    def as_command(self) -> list[str]:
        """Return the words for `parse`, starting with ``--args``; empty if all arguments have their defaults."""
        words = [str(self.config)] if self.config is not None else []
        for path in self.plugins:
            words += ["--plugins", str(path)]
        if self.trust_plugins:
            words.append("--trust-plugins")
        if self.no_token:
            words.append("--no-token")
        return ["--args", *words] if words else []
