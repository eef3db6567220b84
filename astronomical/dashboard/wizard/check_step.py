"""Step 4 of the wizard: what the project is going to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import panel as pn
from bokeh.models import PlainText
from bokeh.plotting import figure
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.parts import Message, hint, plain_table, row, section
from astronomical.dashboard.wizard.create import Points, Preview, make_preview
from astronomical.session.recipes import combination_text

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.model import Draft
    from astronomical.dashboard.wizard.view import Wizard

__all__ = ["CheckStep", "scatter"]


class CheckStep:
    """Counts, missing values, a first plot, and the file that is going to be written."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self.error = Message()
        self._content = pn.Column(sizing_mode="stretch_width", margin=0)
        self.view = pn.Column(self.error.view, self._content, sizing_mode="stretch_width", margin=0)

    async def prepare(self) -> None:
        """Look at the data with the answers given."""
        self.error.show("")
        self._content.objects = []
        preview, error = await self.wizard.work("Preparing the preview", make_preview, self.wizard.draft)
        if error is not None:
            self.error.show(f"{self.wizard.words} Go back to change it.")
        else:
            self._content.objects = _content(preview, self.wizard.draft)

    def refresh(self) -> None:
        """Nothing can be answered here."""


def _content(preview: Preview, draft: Draft) -> list[Any]:
    colours = draft.classes.colours
    counts = [*((name, f"{n:,}") for name, n in preview.counts.items()), ("unknown", f"{preview.n_unknown:,}")]
    classes = plain_table(("Class", "Sources"), counts, numbers=(1,),
                          colours=[*(colours[name] for name in preview.counts), UNKNOWN_COLOUR], max_height=240)
    missing = plain_table(
        ("Feature column", "Missing", ""),
        [(name, f"{n:,}", f"{n / preview.n_rows:.1%}") for name, n in preview.missing.items()], numbers=(1, 2),
        max_height=240)
    facts = (f"{preview.n_rows:,} sources, {preview.n_features:,} features, "
             f"{len(draft.trained)} classifier{'' if len(draft.trained) == 1 else 's'}: {', '.join(draft.trained)}.")
    summary = section("Your answers", plain_table(("Question", "Answer"), summary_of(draft)),
                      explain="Go back to change any of them. All but the ids can be changed later, too: Settings.")
    left = pn.Column(
        section("The project", hint(facts), hint(f"Will be written to {draft.project_path}"),
                *(Message(text, "warning").view for text in preview.warnings)),
        section("Classes", classes), section("Missing values", missing), sizing_mode="stretch_width", margin=0)
    if preview.points is None:
        return [left, summary]
    n = len(preview.points.x)
    shown = f"{n:,} of the sources. A click on a class in the legend hides it." if n else (
        "No source has both values: choose other axes in the step before.")
    plot = section("A first look", hint(shown), scatter(preview.points, draft), sizing_mode="stretch_width")
    return [row(left, plot, styles={"gap": "12px"}), summary]


def summary_of(draft: Draft) -> list[tuple[str, str]]:
    """Return the answers, one line for each."""
    ra, dec = draft.position
    made = {"position": "made from the position", "row": "made from the row"}
    rows = [
        ("Catalogue", "" if draft.table is None else str(draft.table.path)),
        ("Id", draft.id_column or "" if draft.id_source == "column" else made.get(draft.id_source or "", "")),
        ("Position", f"{ra}, {dec}" if ra and dec else "none"),
        ("Labels", "named by hand" if draft.labels is None else f"column {draft.labels.name}"),
        ("Mean unknown", draft.unknown_text.strip()),
        ("Mean missing", draft.missing_text.strip()),
        ("Merged", "; ".join(f"{name}: {', '.join(values)}" for name, values in draft.classes.merged().items())),
        ("Left out", ", ".join(draft.dropped)),
        ("Unknown sources", "" if draft.labels is None else "can be asked for" if draft.use_unknown else "left out"),
        ("Feature columns", ", ".join(draft.features)),
        ("Combinations", "; ".join(combination_text(item, draft.registry) for item in draft.combinations)),
        ("Scaling", "none" if draft.scaling == "none" else "mean 0, deviation 1"),
        ("Missing values", {"native": "left to the model", "median": "the median", "drop": "source left out"}[
            draft.missing_policy]),
        ("Shown for a source", ", ".join(draft.extra_columns)),
        ("Images", ", ".join(draft.image_columns)),
        ("Test set", "labelled by hand (curated)" if draft.curated_test else "a fifth of the known sources"),
        ("Keys", ", ".join(f"{key} for {name}" for name, key in draft.chosen_keys.items())),
        ("Memory", "optimised" if draft.optimise_memory else ""),
        ("Seed", str(draft.seed)),
    ]
    return [(name, value) for name, value in rows if value]


def scatter(points: Points, draft: Draft) -> pn.pane.Bokeh:
    """Return a plot of some sources, in the colours of their classes."""
    plot = figure(
        height=430,
        sizing_mode="stretch_width",
        tools="pan,wheel_zoom,box_zoom,reset",
        active_scroll="wheel_zoom",
        **{
            name: limits
            for name, values in (("x_range", points.x), ("y_range", points.y))
            if (limits := _range(values)) is not None
        },
    )
    plot.toolbar.logo = None
    plot.xaxis.axis_label, plot.yaxis.axis_label = PlainText(points.x_name), PlainText(points.y_name)
    classes = [(-1, "unknown", UNKNOWN_COLOUR),
               *((code, name, draft.classes.colours[name]) for code, name in enumerate(draft.classes.names))]
    for code, name, colour in classes:
        rows = points.codes == code
        if rows.any():
            plot.scatter(points.x[rows], points.y[rows], size=4, color=colour, alpha=0.6, line_color=None,
                         legend_label=name)
    if plot.legend:
        legend = plot.legend[0]
        legend.update(orientation="horizontal", ncols=4, click_policy="hide", label_text_font_size="12px", padding=4,
                      border_line_color=None, background_fill_color=None)
        plot.add_layout(legend, "above")
    return pn.pane.Bokeh(plot, sizing_mode="stretch_width", margin=(6, 10))


def _range(values: NDArray[np.float32]) -> tuple[float, float] | None:
    """Return the range of all but a few outliers."""
    if not values.size:
        return None
    low, high = (float(edge) for edge in np.percentile(values, (0.5, 99.5)))
    margin = 0.08 * (high - low) or 0.5
    return low - margin, high + margin
