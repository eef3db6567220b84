"""Read and write ``.skops`` files with a fixed list of types, and validate trees before they are created."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from skops.io import _audit, _protocol, _sklearn

from astronomical.catalogue.features import FeatureMatrix
from astronomical.errors import InvalidInputError
from astronomical.learning.model_check import KNOWN_TYPES
from astronomical.learning.tree_check import UnsafeModelError, check_tree_parts
from astronomical.session.errors import SessionError

__all__ = ["check_features", "dump_checked", "foreign_types", "in_words", "load_checked", "unknown_types"]

#: Types that skops trusts in addition to its own list. Types of its list that are not known here are refused first.
_TRUSTED = (*KNOWN_TYPES, "numpy.dtype")
#: Plain values and arrays.
_PLAIN_MODULES = ("builtins", "numpy")
_PLAIN = frozenset(
    {
        "numpy.random._generator.Generator",
        "numpy.random.mtrand.RandomState",
        "numpy.random._pcg64.PCG64",
        "numpy.random._mt19937.MT19937",
    }
)


class _CheckedTreeNode(_sklearn.TreeNode):  # type: ignore[misc]
    """skops node of a tree that validates its data before the tree is created."""

    def _construct(self) -> Any:
        check_tree_parts(self.children["args"].construct(), self.children["attrs"].construct())
        return super()._construct()


class _CheckedLossNode(_sklearn.LossNode):  # type: ignore[misc]
    """skops node of a loss; the original would create any type."""

    def _construct(self) -> Any:
        constructor = self.children["constructor"]
        if not constructor.module_name.startswith("sklearn._loss."):
            raise UnsafeModelError(f"{constructor.class_name}: it is not a loss")
        return super()._construct()


_audit.NODE_TYPE_MAPPING[("TreeNode", _protocol.PROTOCOL)] = _CheckedTreeNode
_audit.NODE_TYPE_MAPPING[("LossNode", _protocol.PROTOCOL)] = _CheckedLossNode


def load_checked(path: Path) -> Any:
    """Return the content of a file, creating only known types.

    Raises
    ------
    ValueError
        If the file contains other types, or invalid trees.
    """
    import skops.io

    with path.open("rb") as file:  # read the same open file that was checked
        unexpected = unknown_types(file)
        if unexpected:
            raise InvalidInputError(
                f"it contains {', '.join(unexpected[:3])}, which is not allowed in a model; none of its code was run"
            )
        file.seek(0)
        return skops.io.load(file, trusted=list(_TRUSTED))


def dump_checked(content: dict[str, Any], file: BinaryIO) -> None:
    """Write a file with skops, if it contains only allowed types.

    Raises
    ------
    SessionError
        If there are other types.
    OSError
        If the file cannot be written.
    """
    import skops.io

    try:
        skops.io.dump(content, file, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    except OSError:
        raise
    except Exception as error:  # it calls methods of a plugin's objects, which may raise anything
        raise SessionError(
            f"The model cannot be stored in a .skops file ({str(error) or type(error).__name__}). "
            "Choose a name that ends in .joblib."
        ) from error
    unexpected = unknown_types(file)
    if unexpected:
        raise SessionError(
            f"The model contains {in_words(unexpected)}, not allowed in a .skops file. Choose .joblib instead."
        )


def foreign_types(model: Any) -> list[str]:
    """Return the types of a fitted model that a ``.skops`` file must not contain."""
    import skops.io

    return unknown_types(io.BytesIO(skops.io.dumps(model)))


def in_words(types: Sequence[str]) -> str:
    """Return a text with the first few types; types of a plugin are named by its file."""
    return ", ".join(re.sub(r"^astronomical_plugin_(.+)_[0-9a-f]{8}\.", r"\1.", name) for name in types[:3])


def unknown_types(file: Path | BinaryIO) -> list[str]:
    """Return the types in a file that a model must not contain, without running any code in it."""
    import skops.io

    found: set[str] = set()
    with zipfile.ZipFile(file) as archive:
        waiting: list[Any] = [json.loads(archive.read("schema.json"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += node.values()
            if "__class__" in node:
                found.add(f"{node.get('__module__')}.{node['__class__']}")
        elif isinstance(node, list):
            waiting += node
    if not isinstance(file, Path):
        file.seek(0)
    untrusted = skops.io.get_untrusted_types(file=file)
    plain = {name for name in found if name in _PLAIN or name.rpartition(".")[0] in _PLAIN_MODULES}
    return sorted({*(found - plain), *untrusted} - set(_TRUSTED))


def check_features(fitted: FeatureMatrix) -> None:
    """Check that there is one number for each feature; compiled code does not check this."""
    for name in ("medians", "means", "scales"):
        values = getattr(fitted, name)
        if values is not None and not (
            type(values) is np.ndarray and values.dtype.kind == "f" and values.shape == (len(fitted.names),)
        ):
            raise InvalidInputError(f"its {name} do not match its features")
