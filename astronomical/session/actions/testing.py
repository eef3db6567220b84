"""The test set: curating one, and opening its results."""

from __future__ import annotations

from collections.abc import Sequence

from astronomical.config.schema import CriterionConfig
from astronomical.session.actions.core import SessionCore, now
from astronomical.session.curating import CuratedTest, Step, check_criteria, curated_test
from astronomical.session.exports import votes_of
from astronomical.session.state import TestResult
from astronomical.session.testing import log_opening, test_work, with_caution


class TestActions(SessionCore):
    """Curate a test set, and score rounds on it."""

    def curate(self) -> None:
        """Give labels to the curated test set from now on, until a learner is activated."""
        self._follow = None
        self._curator.enter()

    def set_criteria(self, criteria: Sequence[CriterionConfig]) -> None:
        """Say which sources are proposed for the curated set: those that meet all criteria.

        Raises
        ------
        SessionError
            If a criterion cannot be asked of this catalogue.
        """
        check_criteria(self.dataset.catalogue, criteria)
        self._change(curated=self.state.config.curated.model_copy(update={"criteria": tuple(criteria)}))
        self._curator.recount()

    def curate_step(self, step: Step) -> None:
        """Show the first, previous or next source of the curated set, or a new one that meets the criteria."""
        self._curator.step(step)

    def use_curated_as_test(self, use: bool) -> None:
        """Say whether the curated set is the test set, its labels the truth."""
        self._change(curated=self.state.config.curated.model_copy(update={"use_as_test": use}))

    def curated_test(self) -> CuratedTest:
        """Return the curated set as a test set, with what is left out of it."""
        return curated_test(self.state.config, self.dataset, self.ledger)

    def open_test_results(self, class_name: str | None = None) -> None:
        """Score the newest round of a learner on the test set, after noting in the project that this was done."""
        self._check_writable()
        vote = votes_of(self.state, self.registry, class_name or self.state.active)[0]
        self._change(testing=log_opening(self.state.config, vote, self._who, now()))
        self._fold()
        work = test_work(self.state.config, self.dataset, self.ledger, vote)
        self._jobs.submit(f"test {vote.class_name}", lambda job: work(job.cancelled), self._show_test,
                          lambda error: self.notify(f"The test set could not be scored: {error}", "error"),
                          title=f"Scoring {vote.class_name} on the test set", lane="files")

    def set_test_caution(self, class_name: str, caution: bool) -> None:
        """Say whether a caution comes before the test results of a class; the project keeps it.

        Parameters
        ----------
        class_name
            The class.
        caution
            Whether it comes.
        """
        self._check_writable()
        self._change(testing=with_caution(self.state.config, class_name, caution))

    def _show_test(self, result: TestResult) -> None:
        self.state.test_results = {**self.state.test_results, result.class_name: result}
