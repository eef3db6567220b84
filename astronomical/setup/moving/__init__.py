"""Move a project to another release of its catalogue."""

from astronomical.setup.moving.columns import MissingColumnsError
from astronomical.setup.moving.move import MovedProject, MoveOptions, move_lines, move_project, plan_move
from astronomical.setup.moving.outcomes import OUTCOMES, Outcome

__all__ = [
    "OUTCOMES",
    "MissingColumnsError",
    "MoveOptions",
    "MovedProject",
    "Outcome",
    "move_lines",
    "move_project",
    "plan_move",
]
