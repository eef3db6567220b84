"""Step 4 of the wizard: check the project and create it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import panel as pn
from bokeh.models import PlainText
from bokeh.plotting import figure
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.ui.components import Message, hint, plain_table, row, section
from astronomical.session.data.feature_recipe import combination_text
from astronomical.session.data.vectors import vector_text
from astronomical.setup.classes import shortened
from astronomical.setup.create import Points, Preview, make_preview

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.wizard import Wizard
    from astronomical.setup.draft import Draft

__all__ = ["CheckStep", "scatter"]


class CheckStep:
    """Show counts, missing values, a first plot, and the project file to be written."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self.error = Message()
        self._content = pn.Column(sizing_mode="stretch_width", margin=0)
        self.view = pn.Column(self.error.view, self._content, sizing_mode="stretch_width", margin=0)

    async def prepare(self) -> None:
        """Make the preview with the current settings."""
        self.error.show("")
        self._content.objects = [hint("Counting classes and missing values …")]
        preview, error = await self.wizard.work("Preparing the preview", make_preview, self.wizard.draft)
        if error is not None:
            self._content.objects = []
            self.error.show(f"{self.wizard.words} Go back to change it.")
        else:
            self._content.objects = _content(preview, self.wizard.draft)

    def refresh(self) -> None:
        """Do nothing: this step has no fields."""


def _content(preview: Preview, draft: Draft) -> list[Any]:
    colours = draft.classes.colours
    counts = [*((name, f"{n:,}") for name, n in preview.counts.items()), ("unknown", f"{preview.n_unknown:,}")]
    classes = plain_table(
        ("Class", "Sources"),
        counts,
        numbers=(1,),
        colours=[*(colours[name] for name in preview.counts), UNKNOWN_COLOUR],
        max_height=240,
    )
    missing = plain_table(
        ("Feature column", "Missing", ""),
        [(name, f"{n:,}", f"{n / preview.n_rows:.1%}") for name, n in preview.missing.items()],
        numbers=(1, 2),
        max_height=240,
    )
    n_whole = preview.n_rows if draft.table is None else draft.table.n_rows
    whole = f" of {n_whole:,}" if n_whole > preview.n_rows else ""
    facts = (
        f"{preview.n_rows:,}{whole} sources, {preview.n_features:,} features, "
        f"{len(draft.trained)} classifier{'' if len(draft.trained) == 1 else 's'}: {', '.join(draft.trained)}."
    )
    summary = section(
        "Your settings",
        plain_table(("Question", "Answer"), summary_of(draft)),
        explain="Go back to change any of them. All except the ids can also be changed later, under Settings.",
    )
    left = pn.Column(
        section(
            "Project",
            hint(facts),
            hint(f"The project file will be {draft.project_path}"),
            *(Message(text, "warning").view for text in preview.warnings),
        ),
        section("Classes", classes),
        section("Missing values", missing),
        sizing_mode="stretch_width",
        margin=0,
    )
    if preview.points is None:
        return [left, summary]
    n = len(preview.points.x)
    shown = (
        f"{n:,} of the sources. Click a class in the legend to hide it."
        if n
        else ("No source has both values. Choose other axes in the previous step.")
    )
    plot = section("First plot", hint(shown), scatter(preview.points, draft), sizing_mode="stretch_width")
    return [row(left, plot, styles={"gap": "12px"}), summary]


def summary_of(draft: Draft) -> list[tuple[str, str]]:
    """Return the settings as pairs of name and value."""
    ra, dec = draft.position
    made = {"position": "made from the position", "row": "made from the row"}
    rows = [
        ("Catalogue", "" if draft.table is None else str(draft.table.path)),
        ("Id", draft.id_column or "" if draft.id_source == "column" else made.get(draft.id_source or "", "")),
        ("Position", f"{ra}, {dec}" if ra and dec else "none"),
        ("Labels", "classes typed" if draft.labels is None else f"column {draft.labels.name}"),
        ("Labels that mean unknown", draft.unknown_text.strip()),
        ("Missing-value codes", draft.missing_text.strip()),
        ("Merged", "; ".join(f"{name}: {shortened(values)}" for name, values in draft.classes.merged().items())),
        ("Excluded classes", ", ".join(draft.excluded)),
        ("Unknown sources", "" if draft.labels is None else "can be queried" if draft.use_unknown else "excluded"),
        (
            "Same object",
            "all sources are different"
            if draft.same_within_arcsec is None
            else f"within {draft.same_within_arcsec:g} arcsec, or with the same features",
        ),
        ("Feature columns", ", ".join(draft.features)),
        ("Vectors", "; ".join(map(vector_text, draft.features_config.vectors))),
        ("Combinations", "; ".join(combination_text(item, draft.registry) for item in draft.combinations)),
        ("Scaling", "none" if draft.scaling == "none" else "mean 0, standard deviation 1"),
        (
            "Missing values",
            {"native": "handled by the model", "median": "filled with the median", "drop": "source excluded"}[
                draft.missing_policy
            ],
        ),
        ("Shown for a source", ", ".join(draft.extra_columns)),
        ("Images", ", ".join(draft.image_columns)),
        ("Test set", "labelled by you (curated)" if draft.curated_test else "a fifth of the known sources"),
        ("Keys", ", ".join(f"{key} for {name}" for name, key in draft.chosen_keys.items())),
        ("Memory", "optimised" if draft.optimise_memory else ""),
        ("Seed", str(draft.seed)),
    ]
    return [(name, value) for name, value in rows if value]


def scatter(points: Points, draft: Draft) -> pn.pane.Bokeh:
    """Return a scatter plot of a sample of the sources, coloured by class."""
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
    classes = [
        (-1, "unknown", UNKNOWN_COLOUR),
        *((code, name, draft.classes.colours[name]) for code, name in enumerate(draft.classes.names)),
    ]
    for code, name, colour in classes:
        rows = points.codes == code
        if rows.any():
            plot.scatter(
                points.x[rows], points.y[rows], size=4, color=colour, alpha=0.6, line_color=None, legend_label=name
            )
    if plot.legend:
        legend = plot.legend[0]
        legend.update(
            orientation="horizontal",
            ncols=4,
            click_policy="hide",
            label_text_font_size="12px",
            padding=4,
            border_line_color=None,
            background_fill_color=None,
        )
        plot.add_layout(legend, "above")
    return pn.pane.Bokeh(plot, sizing_mode="stretch_width", margin=(6, 10))


def _range(values: NDArray[np.float32]) -> tuple[float, float] | None:
    """Return the range of the values without a few outliers."""
    if not values.size:
        return None
    low, high = (float(edge) for edge in np.percentile(values, (0.5, 99.5)))
    margin = 0.08 * (high - low) or 0.5
    return low - margin, high + margin
