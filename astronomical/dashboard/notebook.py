"""What a session shows in a notebook with Panel: buttons that label the queries of a learner, and the workbench."""

from __future__ import annotations

from functools import partial
from typing import Any

import panel as pn

from astronomical.dashboard.inline import workbench_view
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.errors import AstronomicalError
from astronomical.session import Session
from astronomical.session.errors import no_learner

__all__ = ["label_widget", "workbench_view"]

_MAX_WIDTH = 700


class LabelWidget:
    """The query of a learner with values of its columns, and a button for each class.

    Parameters
    ----------
    session
        The project.
    class_name
        The class of the learner; None for the active one.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, session: Session, class_name: str | None) -> None:
        self._session, self._class = session, class_name
        config = session.state.config
        self._text, self._message = Html(margin=(5, 10)), Html(margin=(5, 10))
        self._buttons: list[Any] = []
        for name in (*config.class_names, None):
            shown = "Unsure" if name is None else config.shown(name)
            button = pn.widgets.Button(label=shown, color="default" if name is None else "primary")
            button.on_click(partial(self._assign, name))
            self._buttons.append(button)
        undo = pn.widgets.Button(label="Undo", on_click=self._undo)
        self.view: Any = pn.Column(self._text, pn.FlexBox(*self._buttons, undo), self._message, max_width=_MAX_WIDTH)
        self._query: str | None = None
        self._show()

    def _show(self, message: str = "") -> None:
        """Show the query; without one, the buttons are disabled."""
        session = self._session
        self._query = session.query(self._class)
        for button in self._buttons:
            button.disabled = self._query is None or session.read_only
        self._message.object = message
        if self._query is None:
            self._text.object = "There is no source to label. Start a learner first, or all sources are labelled."
            return
        section, catalogue = session.state.config.catalogue, session.dataset.catalogue
        names = section.extra_columns or session.state.config.features.columns
        rows = Markup("").join(
            Markup("<tr><th style='text-align:left;padding-right:12px'>{}</th><td>{} {}</td></tr>").format(*row)
            for row in catalogue.describe(self._query, names)
        )
        self._text.object = Markup("<strong>{}</strong><table>{}</table>").format(self._query, rows)

    def _assign(self, label: str | None, _: Any) -> None:
        """Label the source that is shown, never another one that became the query meanwhile."""
        session, id = self._session, self._query
        if id is None:
            return
        try:
            session.focus(id)
            session.assign(label, id=id, class_name=self._class)
        except (AstronomicalError, OSError) as error:
            self._show(f"Not recorded: {error}")
        else:
            shown = "unsure" if label is None else session.state.config.shown(label)
            self._show(f"{id}: {shown}, saved.")

    def _undo(self, _: Any) -> None:
        try:
            event = self._session.undo()
        except (AstronomicalError, OSError) as error:
            self._show(f"Not undone: {error}")
        else:
            self._show("There is nothing to undo." if event is None else "Undone.")


def label_widget(session: Session, class_name: str | None = None) -> Any:
    """Return the buttons of `LabelWidget`; see `Session.label_widget`.

    Raises
    ------
    SessionError
        If the class has no learner.
    """
    config = session.state.config
    if class_name is not None and config.learner(class_name) is None:
        raise no_learner(class_name, config.class_names)
    return LabelWidget(session, class_name).view
