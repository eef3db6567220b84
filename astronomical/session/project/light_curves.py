"""Light curves of the sources, and features of them: the part `Session.light_curves`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.light_curves.curves import CurveSet, LightCurve
from astronomical.catalogue.light_curves.features import curve_features
from astronomical.catalogue.light_curves.periods import find_period, find_periods
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.paths import local_path, relative_to
from astronomical.plugins.registry import Registry
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.data.curve_columns import CurveFile, check_text, inspect_curves, propose_curves
from astronomical.session.data.curve_plugins import plugin_features
from astronomical.session.data.curve_table import (
    check_columns_of,
    curve_table_text,
    with_curve_table,
    write_curve_table,
)
from astronomical.session.data.light_curves import CurveReader, check_light_curves
from astronomical.session.data.settings_changes import ChangePlan
from astronomical.session.errors import SessionError
from astronomical.session.project.apply_settings import SettingsApplier
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import CancelledError, Job, Jobs

__all__ = ["LIGHT_CURVES", "LightCurves"]

#: Name of the job that computes features of light curves.
LIGHT_CURVES = "light curves"
#: Share of the progress until the light curves are read, and until their features are computed.
_READ, _COMPUTED = 0.3, 0.5


class LightCurves:
    """Read the light curves of the sources, and compute features of them: the part `Session.light_curves`.

    Parameters
    ----------
    state
        State of the session.
    writer
        Writer of the project.
    jobs
        Jobs that compute features.
    applier
        Joins the features to the catalogue.
    read_curves
        Returns the reader of light curves; the same arguments give the same reader.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        jobs: Jobs,
        applier: SettingsApplier,
        read_curves: Callable[..., CurveReader],
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._jobs, self._applier = state, writer, jobs, applier
        self._read_curves, self._access = read_curves, access

    @property
    def section(self) -> LightCurvesConfig | None:
        """Where the light curves are; None if the project has none."""
        found: LightCurvesConfig | None = self._state.config.catalogue.light_curves
        return found

    @property
    def in_memory(self) -> bool:
        """Whether the light curves were read and kept, so that `curve` reads no file."""
        return self.section is not None and self._reader(self.section).in_memory

    @reads
    def curve(self, id: str) -> LightCurve | None:
        """Return the light curve of a source, or None if it has none. Call it in a thread unless `in_memory`.

        Parameters
        ----------
        id
            The source.

        Raises
        ------
        KeyError
            If there is no such source.
        SessionError, CatalogueError
            If the project has no light curves, or they cannot be read.
        """
        return self._reader(self._declared()).curve(id)

    @reads
    def curves(self) -> CurveSet:
        """Return the light curves of all sources, in the order of the ids. This reads files: call it in a thread."""
        return self._reader(self._declared()).all()

    @reads
    def period(self, id: str) -> float | None:
        """Return the period of a source in days: from the column of periods, else as it was found; None if unknown.

        Parameters
        ----------
        id
            The source.
        """
        catalogue, section = self._state.dataset.catalogue, self.section
        named = [None if section is None else section.period, "lc_period"]
        for name in named:
            if name is not None and name in catalogue.numeric_columns:
                values = catalogue.raw(name)
                value = float(values[catalogue.row(id)]) if values.dtype.kind in "fiu" else np.nan
                if np.isfinite(value) and value > 0:
                    return value
        return None

    @reads
    def find_period(self, id: str) -> tuple[float, float]:
        """Return the period of the highest peak of the Lomb-Scargle periodogram in days, and its power from 0 to 1.

        Both are NaN if the light curve is too short. This takes time: call it in a thread.

        Parameters
        ----------
        id
            The source.
        """
        curve = self.curve(id)
        return (np.nan, np.nan) if curve is None else find_period(curve)

    @reads
    def inspect(self, section_source: str, path: str = "", files: str | None = None) -> CurveFile:
        """Return the columns of light curves, and what they probably contain. This reads files: call it in a thread.

        Parameters
        ----------
        section_source
            ``lists``, ``table`` or ``files``; see `LightCurvesConfig`.
        path
            Path of a table, or of a Parquet file with lists; empty for lists in the catalogue.
        files
            Column of the catalogue with the names of files.

        Raises
        ------
        SessionError, CatalogueError
            If there is no such file, or it contains no light curves.
        """
        return inspect_curves(self._state.dataset.catalogue, self._writer.path.parent, section_source, path, files)

    @reads
    def propose(self, section_source: str, path: str = "", files: str | None = None, **given: Any) -> LightCurvesConfig:
        """Return where the light curves are, with the columns that were recognised. This reads files.

        Parameters
        ----------
        section_source, path, files
            As for `inspect`.
        **given
            Values of `LightCurvesConfig` that are known.

        Raises
        ------
        SessionError, CatalogueError
            If there is no such file, or its times or values are not recognised.
        """
        found, catalogue = self.inspect(section_source, path, files), self._state.dataset.catalogue
        place = self.placed(path) if path else None
        return propose_curves(found, catalogue, section_source, place, files, **given)

    @reads
    def check(self, section: LightCurvesConfig) -> str:
        """Return a sentence about light curves, after reading them. Call it in a thread.

        Parameters
        ----------
        section
            Where the light curves are; paths are relative to the folder of the project file.

        Raises
        ------
        SessionError, CatalogueError
            If they cannot be read, or no source has a light curve.
        """
        check_light_curves(section, self._state.dataset.catalogue)
        return check_text(section, self._reader(section))

    @reads
    def placed(self, path: str) -> str:
        """Return a path as the project file contains it: relative to its folder if possible."""
        return relative_to(local_path(path).absolute(), self._writer.path.parent)

    @command
    def declare(self, section: LightCurvesConfig | None) -> None:
        """Say where the light curves of the sources are.

        Parameters
        ----------
        section
            Where they are, with paths relative to the folder of the project file; None if there are none.

        Raises
        ------
        SessionError
            If the catalogue does not have the columns that are named.
        """
        self._writer.check_writable()
        if section is not None:
            check_light_curves(section, self._state.dataset.catalogue)
        self._writer.change(catalogue=self._state.config.catalogue.model_copy(update={"light_curves": section}))

    @reads
    def features_text(self) -> str:
        """Return a sentence about the features of light curves; this reads the head of a file."""
        return curve_table_text(self._state.config, self._writer.path)

    @command
    def make_features(self, *, periods: bool = False, use: bool = False) -> None:
        """Compute features of the light curves, in the background.

        They are stored in a file beside the project file, and joined to the catalogue as columns such as ``lc_std_g``.
        Earlier ones are replaced.

        Parameters
        ----------
        periods
            Whether to search for the period of each source by the Lomb-Scargle periodogram, which takes some 10 ms to
            100 ms for each.
        use
            Whether to use all of them, except numbers of epochs, as features of the models.

        Raises
        ------
        SessionError
            If the project has no light curves. Problems found later are shown as a message.
        """
        self._writer.check_writable()
        section, registry = self._declared(), self._writer.plugins.registry
        reader = self._reader(section)

        def work(job: Job) -> tuple[dict[str, NDArray[Any]], str]:
            curves = reader.all(job.cancelled, lambda done: job.progress(_READ * done))
            columns = _compute(curves, section, registry, job, periods)
            return columns, curves.digest()

        def failed(error: Exception) -> None:
            self._state.notify(f"The features of the light curves were not computed: {error}", "error")

        self._jobs.submit(
            LIGHT_CURVES,
            work,
            lambda made: self._join(*made, use=use),
            failed,
            title="Computing features of the light curves",
            lane=LIGHT_CURVES,
        )

    @command
    def cancel_features(self) -> None:
        """Cancel the computation of features."""
        self._jobs.cancel(LIGHT_CURVES)

    def _join(self, columns: dict[str, NDArray[Any]], digest: str, *, use: bool) -> None:
        """Write features to their file, and join them to the catalogue."""
        config, data, path = self._state.config, self._state.dataset, self._writer.path
        names = tuple(columns)
        chosen = tuple(name for name in names if not name.startswith("lc_n_") and name != "lc_n") if use else ()

        def make(job: Job) -> ChangePlan:
            in_use = check_columns_of(config, data, path, names)
            write_curve_table(config, data, path, columns, digest)
            changed = with_curve_table(config, path, names)
            added = tuple(
                name
                for name in chosen
                if name not in config.features.columns and np.isfinite(columns[name]).any()
            )  # fmt: skip
            features = config.features.model_copy(update={"columns": (*config.features.columns, *added)})
            changed = changed.model_copy(update={"features": features})
            return ChangePlan(changed, (), rebuilds=in_use or bool(added), rereads=True, recombines=bool(added))

        self._applier.submit(
            LIGHT_CURVES,
            make,
            title="Joining the features of the light curves",
            failed="The features of the light curves were not added",
            ready=f"{len(names)} features of the light curves are ready: they are columns such as {names[-1]}.",
        )

    def _declared(self) -> LightCurvesConfig:
        if self.section is None:
            raise SessionError('The project has no light curves. Choose them in "Settings…", "Columns".')
        return self.section

    def _reader(self, section: LightCurvesConfig) -> CurveReader:
        config, folder = self._state.config, self._writer.path.parent
        return self._read_curves(section, config.catalogue.missing, self._state.dataset.catalogue, folder)


def _compute(
    curves: CurveSet, section: LightCurvesConfig, registry: Registry, job: Job, periods: bool
) -> dict[str, NDArray[Any]]:
    """Return all features of light curves."""
    until = _COMPUTED if periods else 1.0
    columns: dict[str, NDArray[Any]] = {
        **curve_features(
            curves,
            section.kind,
            cancelled=job.cancelled,
            progress=lambda done: job.progress(_READ + (until - _READ) * done),
        )
    }
    columns |= plugin_features(curves, registry, job.cancelled)
    if periods:
        columns |= find_periods(curves, job.cancelled, lambda done: job.progress(until + (1 - until) * done))
    if job.cancelled():
        raise CancelledError
    return columns
