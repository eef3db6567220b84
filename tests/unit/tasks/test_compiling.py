"""Plain code works until compiled code is ready, and one thread compiles one module at a time."""

from __future__ import annotations

import builtins
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical.tasks import CompiledCode, start_compiling
from astronomical.tasks import compiling as facility

GUARD_S = 60.0


@pytest.fixture(autouse=True)
def own_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code of these tests is not compiled with that of the program."""
    monkeypatch.setattr(facility, "_compiler", type(facility._compiler)())


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for modules of a test."""
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if name.startswith("kernels_"):
            del sys.modules[name]


def write(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.py").write_text(textwrap.dedent(text))
    return name


def double(number: int) -> int:
    """Return twice a number, and how it was computed."""
    return 2 * number


KERNELS = """
    def double(number):
        return 2.0 * number

    def compile_kernels():
        double(1)
        yield
"""


def test_the_plain_function_works_until_the_compiled_one_is_ready(module):
    code = CompiledCode("numbers", write(module, "kernels_ready", KERNELS))
    doubled = code.function(double)
    assert type(doubled(2)) is int
    assert not code.is_ready
    assert code.wait(GUARD_S)
    assert type(doubled(2)) is float
    assert doubled.plain(2) == doubled.compiled(2) == 4
    assert doubled.__doc__ == double.__doc__


def test_the_module_is_not_imported_before_it_is_needed(module):
    code = CompiledCode("numbers", write(module, "kernels_lazy", KERNELS))
    assert code.function(double)(2) == 4
    assert not code.use(10)
    assert "kernels_lazy" not in sys.modules


def test_large_data_start_the_compiler_and_do_not_wait_for_it(module):
    code = CompiledCode("numbers", write(module, "kernels_large", KERNELS))
    code.use(facility.FEW_ROWS)
    assert code.wait(GUARD_S)
    assert code.use(1)


def test_code_that_cannot_be_compiled_stays_plain(module, caplog):
    broken = "def compile_kernels():\n    yield\n    raise RuntimeError('no compiler')\n"
    code = CompiledCode("numbers", write(module, "kernels_broken", broken))
    doubled = code.function(double)
    assert not code.wait(GUARD_S)
    assert type(doubled(2)) is int
    assert "Could not compile the numbers" in caplog.text


def test_everything_is_compiled_in_order_and_one_at_a_time(module, monkeypatch):
    order = """
        import builtins

        def compile_kernels():
            builtins.compiled_order.append((__name__, "begin"))
            yield
            builtins.compiled_order.append((__name__, "end"))
    """
    monkeypatch.setattr(builtins, "compiled_order", [], raising=False)
    first = [
        CompiledCode("first", write(module, "kernels_a", order)),
        CompiledCode("b", write(module, "kernels_b", order)),
    ]
    start_compiling()
    later = CompiledCode("later", write(module, "kernels_c", order))
    assert all(code.wait(GUARD_S) for code in [*first, later])
    assert builtins.compiled_order == [(f"kernels_{name}", step) for name in "abc" for step in ("begin", "end")]


def test_a_child_process_fills_the_cache_before_the_module_is_imported(module, tmp_path):
    trace = tmp_path / "trace"
    cached = f"""
        import os

        def compile_kernels():
            yield
            with open({str(trace)!r}, "a") as file:
                file.write(f"{{os.getpid()}}\\n")
    """
    name = write(module, "kernels_cached", cached)
    code = CompiledCode("numbers", name, cached=True)
    assert code.wait(GUARD_S)
    child, own = trace.read_text().split()
    assert int(own) == os.getpid() != int(child)
    # From now on, it is in the cache: large data load it at once, without another child.
    trace.unlink()
    later = CompiledCode("numbers", name, cached=True)
    assert not later.use(10)
    assert later.use(facility.FEW_ROWS)
    assert trace.read_text().split() == [own]


def test_the_child_process_imports_other_modules_first_and_survives_those_that_fail(module, tmp_path):
    trace = tmp_path / "trace"
    write(module, "kernels_other", f"from pathlib import Path\nPath({str(trace)!r}).write_text('other ')")
    cached = f"""
        def compile_kernels():
            yield
            with open({str(trace)!r}, "a") as file:
                file.write("kernels ")
    """
    code = CompiledCode("numbers", write(module, "kernels_last", cached), cached=True)
    code.fill_cache(["kernels_other", "kernels_that_do_not_exist"])
    assert trace.read_text() == "other kernels "
    assert "kernels_last" not in sys.modules
    assert code.use(facility.FEW_ROWS)


def test_a_changed_module_is_compiled_in_a_child_again(module, tmp_path):
    name = write(module, "kernels_changed", KERNELS)
    assert CompiledCode("numbers", name, cached=True).wait(GUARD_S)
    markers = set((facility.user_folder("cache") / "compiled").iterdir())
    sys.modules.pop(name)
    write(module, name, KERNELS + "    # changed")
    assert CompiledCode("numbers", name, cached=True).wait(GUARD_S)
    assert len(set((facility.user_folder("cache") / "compiled").iterdir()) - markers) == 1


def test_compiling_waits_while_a_user_waits_for_something_else(module, monkeypatch):
    clock, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(facility.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(facility.time, "sleep", sleep)
    facility.postpone_compiling(5.0)
    facility.postpone_compiling(3.0)
    code = CompiledCode("numbers", write(module, "kernels_postponed", KERNELS))
    assert code.wait(GUARD_S)
    assert slept == [5.0]


def test_kernels_compile_where_no_cache_can_be_written(monkeypatch):
    from astronomical.tasks import jit

    njit = jit.numba.njit

    def without_cache(*given: object, cache: bool = False, **options: object):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*given, **options)

    monkeypatch.setattr(jit, "_uncached", [])
    monkeypatch.setattr(jit.numba, "njit", without_cache)
    assert jit.can_cache()
    assert jit.jit(double)(4) == 8
    assert not jit.can_cache()
