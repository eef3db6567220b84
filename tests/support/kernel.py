"""A kernel of Jupyter in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

CHECKOUT = Path(__file__).parents[2]


class Kernel:
    """A kernel that runs cells, with its files in a folder."""

    def __init__(self, folder: Path) -> None:
        file, _ = write_connection_file(str(folder / "kernel.json"), ip="127.0.0.1")
        home = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder)}
        self._printed = (folder / "kernel.txt").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ipykernel_launcher", "-f", file],
            cwd=folder,
            stdout=self._printed,
            stderr=self._printed,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **home},
        )
        self._thread = ThreadPoolExecutor(1)  # Playwright has an event loop in the other one
        self._client = self._thread.submit(self._connect, file).result()

    @staticmethod
    def _connect(file: str) -> BlockingKernelClient:
        client = BlockingKernelClient(connection_file=file)
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=240)
        return client

    def run(self, code: str) -> list[dict[str, Any]]:
        """Run a cell, and return what it printed or displayed, by MIME type; an error of the cell is raised."""
        return self._thread.submit(self._run, code).result()

    def _run(self, code: str) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = []

        def receive(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))
            if "data" in content:
                shown.append(content["data"])
            elif message["msg_type"] == "stream":
                shown.append({content["name"]: content["text"]})

        self._client.execute_interactive(code, output_hook=receive, timeout=480)
        return shown

    def text(self, code: str) -> str:
        """Return what a cell printed."""
        return "".join(item.get("stdout", "") for item in self.run(code)).strip()

    def close(self) -> None:
        """Stop the kernel."""
        self._thread.submit(self._client.stop_channels).result()
        self._thread.shutdown()
        self.process.terminate()
        self.process.wait(60)
        self._printed.close()
