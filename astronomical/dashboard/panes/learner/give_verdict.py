"""Answer a review by right or wrong, as the keys R and W and their buttons do."""

from __future__ import annotations

from astronomical.session import Session

__all__ = ["give_verdict"]


def give_verdict(session: Session, id: str, is_right: bool) -> None:
    """Give the selected suspect the label that follows from a verdict. Outside a review, nothing is recorded.

    Parameters
    ----------
    session
        The project.
    id
        The source that the user saw.
    is_right
        Whether its label is right.
    """
    given = session.review.label_if_right(id)
    if given is None:
        return
    label = given if is_right else session.review.label_if_wrong(id)
    if label is None:
        session.notify("Press the key of the right class.")
    else:
        session.assign(label, id=id)
