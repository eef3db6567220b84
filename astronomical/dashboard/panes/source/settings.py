"""Dialog with the settings of the source pane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.services import SourceArchiveConfig
from astronomical.dashboard.ui.components import Message, hint, leave_button, row
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.styles import PLAIN_DIALOG
from astronomical.errors import explain
from astronomical.paths import local_path
from astronomical.services.local_files import allow_folders, allowed_folders
from astronomical.session import Session

__all__ = ["SourceSettings"]

_NONE = "(none)"
#: Archives that can be chosen without typing, by the list of the project file.
_ARCHIVES = {
    "spectra": (SourceArchiveConfig(name="SDSS", kind="sdss"), SourceArchiveConfig(name="DESI", kind="desi")),
    "light_curves": (SourceArchiveConfig(name="ZTF", kind="ztf"),),
}


class SourceSettings:
    """Choose which columns are shown, and how.

    Parameters
    ----------
    session
        The project.
    keeps_zoom
        Whether to keep the zoom of cutouts when another source is shown.
    on_keep_zoom
        Called with the new value.
    on_surveys
        Called to choose the surveys.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(
        self, session: Session, keeps_zoom: bool, on_keep_zoom: Callable[[bool], None], on_surveys: Callable[[], None]
    ) -> None:
        self._session = session
        self._on_keep_zoom = on_keep_zoom
        columns = [column for column in session.dataset.catalogue.columns if column.kind != "vector"]
        texts = [column.name for column in columns if column.kind == "text"]
        wide: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (6, 10)}
        self._values = pmui.MultiChoice(label="Values", options=[column.name for column in columns], **wide)
        self._images = pmui.MultiChoice(label="Images: columns with addresses or paths", options=texts, **wide)
        self._spectrum = pmui.Select(label="Spectrum: column with paths", options=[_NONE, *texts], **wide)
        self._redshift = pmui.Select(
            label="Redshift",
            options=[_NONE, *(column.name for column in columns if column.kind in ("float", "integer"))],
            **wide,
        )
        self._name = pmui.Select(label="Names to search: column", options=[_NONE, *texts], **wide)
        placed = session.dataset.catalogue.position is not None
        self._archives = {
            use: pmui.MultiChoice(label=label, options=[], visible=placed, placeholder="none", **wide)
            for use, label in (
                ("spectra", "Ask archives for spectra"),
                ("light_curves", "Ask archives for light curves"),
            )
        }
        self._zoom = pmui.Checkbox(
            label="Keep the zoom of cutouts when another source is shown", value=keeps_zoom, margin=(6, 10)
        )
        self._folders = pmui.TextAreaInput(label="Other folders with images or spectra, one per line", rows=2, **wide)
        self._message = Message()
        apply = pmui.Button(label="Apply", color="primary", variant="contained")
        close = leave_button("Close", self.close)
        apply.on_click(lambda *_: self._apply())
        surveys = pmui.Button(label="Choose surveys…", variant="text", visible=placed)
        surveys.on_click(lambda *_: self._leave_for(on_surveys))
        explain = hint(
            "Files named in the catalogue are read from its own folder. They are read from other folders only if you "
            "list these here. The list applies to all projects on this computer."
        )
        self.view = Dialog(
            self._values,
            self._images,
            pn.Row(self._spectrum, self._redshift, sizing_mode="stretch_width"),
            self._name,
            row(*self._archives.values()),
            self._zoom,
            self._folders,
            explain,
            self._message.view,
            pn.Row(apply, close, surveys),
            title="Selected source",
            open=False,
            width_option="sm",
            sx=PLAIN_DIALOG,
        )

    def open(self) -> None:
        """Open the dialog with the current settings."""
        section = self._session.state.config.catalogue
        self._values.value = [name for name in section.extra_columns if name in self._values.options]
        self._images.value = [name for name in section.image_columns if name in self._images.options]
        for widget, name in (
            (self._spectrum, section.spectrum_column),
            (self._redshift, section.redshift_column),
            (self._name, section.name_column),
        ):
            widget.value = name if name in widget.options else _NONE
        for use, widget in self._archives.items():
            widget.param.update(options=list(self._offered(use)), value=[item.name for item in self._chosen(use)])
        self._folders.value = "\n".join(str(folder) for folder in allowed_folders())
        self._message.show("")
        self.view.open = True

    def close(self) -> None:
        """Close the dialog."""
        self.view.open = False

    def _chosen(self, use: str) -> tuple[SourceArchiveConfig, ...]:
        """Return the archives of the project: ``spectra`` or ``light_curves``."""
        found: tuple[SourceArchiveConfig, ...] = getattr(self._session.state.config.services, use)
        return found

    def _offered(self, use: str) -> dict[str, SourceArchiveConfig]:
        """Return the archives that can be chosen by name; those of the project may have another address."""
        return {item.name: item for item in (*_ARCHIVES[use], *self._chosen(use))}

    def _leave_for(self, other: Callable[[], None]) -> None:
        self.close()
        other()

    def _apply(self) -> None:
        lines = [line.strip() for line in str(self._folders.value).splitlines() if line.strip()]
        columns = {
            use: None if widget.value == _NONE else widget.value
            for use, widget in (
                ("spectrum_column", self._spectrum),
                ("redshift_column", self._redshift),
                ("name_column", self._name),
            )
        }
        try:
            folders = tuple(local_path(line) for line in lines)
            if folders != allowed_folders():
                allow_folders(folders)
            self._session.settings.set_columns(
                extra_columns=tuple(self._values.value), image_columns=tuple(self._images.value), **columns
            )
            archives = {
                use: [self._offered(use)[name] for name in widget.value] for use, widget in self._archives.items()
            }
            if any(list(self._chosen(use)) != chosen for use, chosen in archives.items()):
                self._session.settings.set_archives(**archives)
        except Exception as error:
            self._message.show(explain(error))
            return
        self._on_keep_zoom(bool(self._zoom.value))
        self.close()
