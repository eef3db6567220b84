"""Background work: daemon threads with a limit for each owner, cancellation, progress and delivery of results.

A thread cannot be stopped from outside. Work that never ends is therefore abandoned: its result is dropped, other work
takes its place, and its daemon thread does not prevent the program from exiting.
"""

from astronomical.tasks.compiling import CompiledCode, CompiledFunction, fill_cache, postpone_compiling, start_compiling
from astronomical.tasks.disks import NoAnswerError, ask_disk, file_exists
from astronomical.tasks.jobs import Dispatch, Job, Jobs, JobView
from astronomical.tasks.latest import Latest
from astronomical.tasks.task import CancelledError, GivenUpError, Task
from astronomical.tasks.workers import Workers, time_limit

__all__ = [
    "CancelledError",
    "CompiledCode",
    "CompiledFunction",
    "Dispatch",
    "GivenUpError",
    "Job",
    "JobView",
    "Jobs",
    "Latest",
    "NoAnswerError",
    "Task",
    "Workers",
    "ask_disk",
    "file_exists",
    "fill_cache",
    "postpone_compiling",
    "start_compiling",
    "time_limit",
]
