"""The process ends after a signal, whatever still runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

GUARD_S = 60.0
PROGRAM = """
import asyncio, signal, sys, threading, time
from astronomical.dashboard.server import exit_clock

exit_clock._CLOSE_S, exit_clock._END_S, exit_clock._LAST_S = 0.1, 0.5, 5.0
loop = asyncio.new_event_loop()
loop.add_signal_handler(signal.SIGTERM, loop.stop)

def never():
    {work}

def begin():
    exit_clock.start_exit_clock(lambda: print("closed", flush=True))
    loop.call_soon(never)

loop.call_soon(begin)
{block}
try:
    loop.run_forever()
except KeyboardInterrupt:
    pass
print("stopped", flush=True)
"""
BLOCK = "threading.Thread(target=lambda: time.sleep(3600)).start()"
READY = 'print("ready", flush=True)'
STUBBORN = f"""
    try:
        {READY}
        time.sleep(3600)
    except BaseException:
        time.sleep(3600)"""


@pytest.mark.skipif(sys.platform == "win32", reason="the clock needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize(
    ("work", "block", "said"),
    [
        (READY, "", ["stopped"]),
        (READY, BLOCK, ["stopped", "closed"]),
        (STUBBORN, "", ["closed"]),
    ],
    ids=["nothing hangs", "a thread hangs", "the event loop hangs"],
)
def test_a_signal_ends_the_process(
    checkout: Path, number: signal.Signals, work: str, block: str, said: list[str]
) -> None:
    program = PROGRAM.format(work=work, block=block)
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=checkout, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=GUARD_S)
    assert process.returncode == 0
    assert out.split() == said
    assert ("did not stop within" in err) == bool("closed" in said)
