"""Failures of models and query strategies, which may be of a plugin, or be given parameters that do not work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from astronomical.errors import InvalidInputError, is_bug
from astronomical.learning.scoring import Cancelled

log = logging.getLogger(__name__)


class ExtensionFailedError(InvalidInputError):
    """A model or a query strategy failed: another one, or other parameters, may work."""


@contextmanager
def naming_failures(what: str) -> Iterator[None]:
    """Raise an error that names a model or a query strategy in place of any exception that it raises.

    Parameters
    ----------
    what
        The model or the strategy, as in "the model 'svm'".
    """
    try:
        yield
    except Cancelled:
        raise
    except Exception as error:
        if not is_bug(error):
            raise
        log.warning("%s failed", what, exc_info=error)
        raise ExtensionFailedError(f"{what} failed ({type(error).__name__}: {error})") from error
