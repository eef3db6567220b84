"""A command ends with its exit code, whatever the threads of libraries are doing."""

from __future__ import annotations

import subprocess
import sys


def test_a_command_ends_with_its_code_while_a_reader_is_at_work():
    code = """
import sys, time
from pyarrow import csv
import astronomical.cli as cli
class Slow:
    closed = False
    n = 0
    def read(self, n=-1):
        self.n += 1
        if self.n > 2:
            time.sleep(0.3)
        return b"a,b\\n" * 100_000
    def readable(self): return True
    def seekable(self): return False
    def close(self): pass
def main():
    global reader
    reader = csv.open_csv(Slow(), read_options=csv.ReadOptions(block_size=1000))
    print("opened")
    return 2

cli.run(main)
"""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200)
        assert (done.returncode, done.stdout) == (2, "opened\n"), done.stderr
