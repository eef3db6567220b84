"""Choices for a new project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from astronomical.config.catalogue import VirtualColumnConfig
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.config.schema import (
    CombinationConfig,
    JoinConfig,
    LayoutConfig,
    PositionConfig,
    SplitConfig,
)

__all__ = ["MAX_CLASSES", "ProjectOptions"]

#: Maximum number of labels that become classes without being chosen.
MAX_CLASSES = 20


@dataclass(frozen=True)
class ProjectOptions:
    """Choices for a new project.

    Attributes
    ----------
    catalogue
        File of the catalogue.
    id
        Name of a column, or ``position`` or ``row`` (see `id_is_column`).
    label
        The label column, if there is one.
    label_names
        Class of each value of the label column; values that are not listed keep their own name.
    format
        Format of the catalogue, as in the project file; detected by default.
    features
        Columns used as features; if empty, every numeric column without another use, unless there are `vectors`.
    vectors, components
        Columns of vectors used as features, and the number of principal components that replace the values of each;
        None to use the values.
    dark
        Whether to use the dark theme; otherwise the theme of the layout, or the light one.
    classes
        Classes with a learner; None means all, or one of two, as the other would be its mirror image.
    keys
        Keys of classes, if they differ from the default ones.
    curated_test
        Whether to use a curated test set.
    unknown_labels
        Labels that mean unknown.
    find_unknown
        Whether usual words for a missing value, such as ``null``, mean unknown unless they are in `label_names`.
    ra_unit
        Unit of right ascension, if it differs from that in `position` or in the file.
    find_unit
        Whether the unit of right ascension is taken from the file instead of `position`; if neither the file nor the
        values determine it, an error says so.
    merge_alike
        Whether labels that differ only in capitals, accents or blanks form one class.
    guess_position
        Whether to search for position columns if `position` names none.
    optimise_memory
        Whether to store columns in less memory.
    same_within_arcsec
        Sources at this distance or closer are the same object; None to treat all sources as different.
    joins
        Other catalogues whose columns are added; their paths are absolute or relative to the working folder.
    virtual
        Columns that are computed from others.
    light_curves
        Where the light curves are; paths as for `joins`.
    working_set
        Number of sources of a large catalogue to keep in memory; None for all.
    """

    catalogue: Path
    id: str
    id_is_column: bool | None = None
    label: str | None = None
    label_names: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    unknown_labels: tuple[str, ...] = ()
    merge_alike: bool = False
    find_unknown: bool = False
    find_unit: bool = False
    ra_unit: Literal["deg", "hourangle", "rad"] | None = None
    features: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    components: int | None = None
    combinations: tuple[CombinationConfig, ...] = ()
    scaling: Literal["none", "standard"] = "none"
    missing_policy: Literal["native", "median", "drop"] = "native"
    position: PositionConfig | None = None
    guess_position: bool = True
    missing: tuple[float, ...] = ()
    table: int | str | None = None
    format: str | None = None
    extra_columns: tuple[str, ...] = ()
    image_columns: tuple[str, ...] = ()
    optimise_memory: bool = False
    joins: tuple[JoinConfig, ...] = ()
    virtual: tuple[VirtualColumnConfig, ...] = ()
    light_curves: LightCurvesConfig | None = None
    classes: tuple[str, ...] | None = None
    split: SplitConfig = field(default_factory=SplitConfig)
    same_within_arcsec: float | None = 1.0
    axes: tuple[str, str] | None = None
    layout: LayoutConfig | None = None
    dark: bool = False
    seed: int = 0
    keys: Mapping[str, str] = field(default_factory=dict)
    curated_test: bool = False
    working_set: int | None = None
    title: str = ""
    authors: tuple[str, ...] = ()
