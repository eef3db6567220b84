"""What a session shows in a notebook: a summary, the workbench, and plots."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.session.commands import Access, full_access, reads
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.feature_recipe import natural_feature
from astronomical.session.errors import SessionError
from astronomical.session.labelling.subsets import Subsets
from astronomical.session.state import SessionState

if TYPE_CHECKING:
    from astronomical.session.session import Session

__all__ = ["NotebookViews", "Plots"]

_UNKNOWN = "unknown"


def _dashboard_part(name: str) -> Any:
    """Return a function of the dashboard for notebooks. It is looked up by name: no session needs the dashboard."""
    return getattr(import_module("astronomical.dashboard.notebook"), name)


def _summary_html(session: Session) -> Markup:
    """Return a summary of an open project as HTML; all texts of the project are escaped."""
    config, state = session.state.config, session.state
    rows = Markup("").join(
        Markup("<tr><th style='text-align:left'>{}</th><td>{}</td><td>{}</td></tr>").format(
            config.shown(learner.class_name),
            f"{len(session.ledger.tab(learner.class_name).members):,} labels" if learner.started else "not started",
            _score_text(session, learner.class_name),
        )
        for learner in config.learners
    )
    unsaved = "" if state.saved else ", not saved"
    opened = "read-only" if session.read_only else f"open{unsaved}"
    return Markup("<div><strong>{}</strong><br>{} ({})<br>{}<table>{}</table></div>").format(
        config.project.title,
        str(session.path),
        opened,
        f"{session.dataset.catalogue.n_rows:,} sources, {session.ledger.n_labelled:,} with labels",
        rows,
    )


def _score_text(session: Session, class_name: str) -> str:
    round = session.round(class_name)
    if round is None or round.validation is None or round.validation.accuracy is None:
        return ""
    return f"accuracy {round.validation.accuracy:.3f} on {round.validation.n:,} validation sources"


class NotebookViews:
    """What a notebook shows of an open project: a summary, buttons and the workbench. `Session` inherits them."""

    _access: Access

    def _repr_html_(self) -> str:
        return str(_summary_html(cast("Session", self)))

    @reads
    def label_widget(self, class_name: str | None = None) -> Any:
        """Return a Panel object with a button for each class, for the query of a learner; by default the active one."""
        return _dashboard_part("label_widget")(self, class_name)

    @reads
    def view(self, height: int = 800, *, base_url: str | None = None) -> Any:
        """Return the workbench of this session as a frame, to be shown in a notebook. It needs no internet.

        A server of the kernel serves it, for this computer only, until the session is closed. It waits while a cell
        runs.

        Parameters
        ----------
        height
            Height in px.
        base_url
            Path of the Jupyter server, such as ``/user/ana/``, if your browser runs on another computer: the frame
            then comes through jupyter-server-proxy. By default that of JupyterHub, if it started the kernel.

        Returns
        -------
        object
            The frame. Its attribute `url` is the address, which lets everyone who has it use this session as you.

        Raises
        ------
        SessionError
            If no event loop runs, as in a program that is not a notebook, or the server cannot start.
        """
        return _dashboard_part("workbench_view")(self, height, base_url)


class Plots:
    """Plots of the catalogue as HoloViews objects, for notebooks: the part `Session.plots`.

    Parameters
    ----------
    state
        State of the session.
    subsets
        The subsets of the project.
    access
        Called before each command.
    """

    def __init__(self, state: SessionState, subsets: Subsets, access: Access = full_access) -> None:
        self._state, self._subsets, self._access = state, subsets, access

    @reads
    def scatter(self, x: str, y: str, *, subset: str | None = None, **options: Any) -> Any:
        """Return a scatter plot of two columns or features, with the classes of the project in their colours.

        Each source has the class of its human label, or else of its catalogue label.

        Parameters
        ----------
        x, y
            Names of columns or features, such as ``g-r``.
        subset
            Name of a subset, to plot only its sources.
        **options
            Options of `astronomical.create_plot`.

        Returns
        -------
        holoviews.Element
            The plot.

        Raises
        ------
        SessionError
            If there is no such column, feature or subset.
        """
        from astronomical.plots.create import create_plot, load_in_notebook  # HoloViews takes a second to import

        load_in_notebook()
        config, classes = self._state.config, self._classes()
        table: dict[str, NDArray[Any]] = {name: self._values(name) for name in (x, y)}
        if subset is not None:
            mask = self._subsets.mask(subset)
            classes, table = classes[mask], {name: values[mask] for name, values in table.items()}
        present = set(classes.tolist())
        colours = {config.shown(name): colour for name, colour in config.colours.items()} | {_UNKNOWN: UNKNOWN_COLOUR}
        options.setdefault("colours", {name: colour for name, colour in colours.items() if name in present})
        return create_plot({**table, "class": classes}, x, y, label="class", **options)

    def _values(self, name: str) -> NDArray[np.float32]:
        """Return a column or a feature, shape (n_rows,)."""
        dataset: Dataset = self._state.dataset
        if name in dataset.features.names:
            return natural_feature(dataset.features, name)
        try:
            return dataset.catalogue.number(name)
        except CatalogueError as error:
            raise SessionError(f"{error}.") from None

    def _classes(self) -> NDArray[np.str_]:
        """Return the class under which each source is shown, shape (n_rows,)."""
        config, dataset, ledger = self._state.config, self._state.dataset, self._state.ledger
        shown = np.array([*(config.shown(name) for name in dataset.class_names), _UNKNOWN])
        codes = np.where(dataset.codes < 0, len(dataset.class_names), dataset.codes)
        place = {name: code for code, name in enumerate(dataset.class_names)}
        human = {id: label for id, label in ledger.human_labels.items() if id in dataset.catalogue and label in place}
        codes[dataset.catalogue.rows_of(tuple(human))] = [place[label] for label in human.values()]
        found: NDArray[np.str_] = shown[codes]
        return found
