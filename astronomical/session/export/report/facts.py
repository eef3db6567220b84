"""Collect what a report says of a project: measured numbers, and what was not measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from astronomical import __version__
from astronomical.config.schema import Config, LearnerResultConfig
from astronomical.errors import InvalidInputError
from astronomical.labels.derived import CATALOGUE, is_by_user
from astronomical.labels.ledger import Ledger
from astronomical.learning.intervals import wilson_interval
from astronomical.learning.metrics import SetScores
from astronomical.learning.rounds import Round
from astronomical.learning.stopping import stop_advice
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.population import population_lines, population_subsets, sources_text
from astronomical.session.data.subsets import definitions_of, describe_subset, find_subset
from astronomical.session.data.vectors import vector_text
from astronomical.session.evaluation.agreement import agreement_report
from astronomical.session.evaluation.audit_report import audit_report, report_lines
from astronomical.session.evaluation.belief import recorded_lines
from astronomical.session.evaluation.calibrations import CalibrationReport, calibration_report
from astronomical.session.evaluation.label_review import review_text
from astronomical.session.evaluation.operating_points import RoundCurve, round_curve, threshold_of
from astronomical.session.evaluation.predictions import Predictions
from astronomical.session.evaluation.reproduce import Report
from astronomical.session.evaluation.stopping import advice_text
from astronomical.session.evaluation.test_set import n_openings
from astronomical.session.export.report.annotators import annotators_section, cited_for
from astronomical.session.export.report.sections import NOT_MEASURED, Section
from astronomical.session.labelling.audits import joined_audits
from astronomical.session.labelling.repeats import repeat_texts
from astronomical.session.labelling.training_set import training_set_of
from astronomical.session.state import HoldoutResult

__all__ = ["ClassFacts", "Facts", "ReportInput", "collect_facts"]

#: Sections whose numbers depend on scope and askable.
_IN_POPULATION = frozenset(
    {"Validation set", "Threshold", "Calibration", "Audit", "Agreement of rounds", "Where to believe", "Test set"}
)


@dataclass(frozen=True, eq=False)
class ClassFacts:
    """What a report says of a class.

    Attributes
    ----------
    name
        Name under which the class is shown.
    sections
        Texts and tables.
    records
        Recorded rounds, for the learning curve.
    curve, calibration
        Data of the other figures; None if they were not measured.
    """

    name: str
    sections: tuple[Section, ...]
    records: LearnerResultConfig | None = None
    curve: RoundCurve | None = None
    calibration: CalibrationReport | None = None


@dataclass(frozen=True, eq=False)
class Facts:
    """What a report says of a project."""

    title: str
    methods: str
    sections: tuple[Section, ...]
    classes: tuple[ClassFacts, ...]
    cited: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class ReportInput:
    """What a report is made of.

    Attributes
    ----------
    config
        The project with its events and results.
    dataset, ledger, rounds
        Data, labels and newest rounds.
    predictions
        Predictions for the catalogue; None if no learner is trained.
    tests
        Test results that were opened since the project was opened.
    check
        Result of training the recorded rounds again; None if that was not done.
    """

    config: Config
    dataset: Dataset
    ledger: Ledger
    rounds: Mapping[str, Round]
    predictions: Predictions | None = None
    tests: Mapping[str, HoldoutResult] = field(default_factory=dict)
    check: Report | None = None


def collect_facts(given: ReportInput) -> Facts:
    """Return what a report says of a project."""
    config = given.config
    classes = tuple(_class_facts(given, learner.class_name) for learner in config.learners if learner.started)
    agreement = agreement_report(config, given.ledger)
    people = annotators_section(agreement, repeat_texts(given.ledger))
    sections = (_data(config, given.dataset), _labels(given), people, _check(given.check), _software(config))
    cited = {"AstronomicAL", "modAL", "scikit-learn", "Wilson1927", *cited_for(agreement)}
    if any(item.calibration is not None for item in classes):
        cited |= {"Platt1999", "Zadrozny2002"}
    if config.audits:
        cited |= {"Angelopoulos2023", "AngelopoulosPPI2023"}
    if any(event.verdict is not None for event in config.events):
        cited.add("Northcutt2021")
    return Facts(config.project.title, _methods(given), sections, classes, frozenset(cited))


def _population(config: Config, dataset: Dataset) -> list[str]:
    """Return which sources the learners look at; nothing if these are all."""
    lines, population = [], config.population
    if dataset.scope is not None:
        n = int(np.count_nonzero(dataset.scope))
        lines.append(f"Scope: {population.scope} ({n:,} sources); the sets and all scores are within it.")
    if dataset.may_query is not None:
        n = int(np.count_nonzero(dataset.askable))
        lines.append(f"Learners query only sources with: {population.askable} ({n:,} of the training set).")
    used = definitions_of(config.subsets, [find_subset(config.subsets, name) for name in population_subsets(config)])
    return [*lines, *(f"Subset {item.name}: {describe_subset(item)}." for item in used)]


def _data(config: Config, dataset: Dataset) -> Section:
    section, split = config.catalogue, dataset.split
    counts = [int(np.count_nonzero(part)) for part in (split.training, split.validation, split.test)]
    source = {"column": f"column {section.id.column}", "position": "position", "row": "row number"}[section.id.source]
    lines = [
        f"Catalogue: {section.path}, {sources_text(dataset.catalogue)}. The ids are made from the {source}.",
        f"Training set {counts[0]:,}, validation set {counts[1]:,}, test set {counts[2]:,} sources.",
        f"Features ({len(dataset.features.names)}): {', '.join(_feature_texts(config, dataset))}.",
    ]
    lines += _population(config, dataset)
    lines += [f"Joined: {join.path}, by {join.by}." for join in section.joins]
    print_ = section.fingerprint
    if print_ is None:
        return Section("Data", (*lines, f"{NOT_MEASURED}: the fingerprint of the catalogue."))
    rows = (("ids", print_.ids), *print_.columns.items())
    return Section("Data", tuple(lines), ("Column", "Fingerprint"), tuple((name, text) for name, text in rows))


def _feature_texts(config: Config, dataset: Dataset) -> list[str]:
    """Return the names of the features; a vector is one item."""
    vectors = config.features.vectors
    n_plain = len(dataset.features.names) - sum(item.components or item.length for item in vectors)
    return [*dataset.features.names[:n_plain], *map(vector_text, vectors)]


def _labels(given: ReportInput) -> Section:
    ledger = given.ledger
    effective = ledger.effective
    by = Counter(event.who or "unknown" for event in effective if event.kind == "label" and is_by_user(event))
    unsure = Counter(event.who or "unknown" for event in effective if event.kind == "unsure" and is_by_user(event))
    of_catalogue = len({event.id for event in effective if event.kind == "label" and event.who == CATALOGUE})
    rows = tuple((who, f"{by[who]:,}", f"{unsure[who]:,}") for who in sorted({*by, *unsure}))
    lines = [
        f"{sum(by.values()):,} labels in effect by {len(by):,} {'person' if len(by) == 1 else 'people'}, "
        f"{sum(unsure.values()):,} answers unsure, {ledger.n_undone:,} answers undone.",
        f"{of_catalogue:,} sources have initial labels of the catalogue.",
        "Catalogue labels and predictions were hidden until an answer was given."
        if given.config.labelling.blind
        else "Catalogue labels and predictions could be seen while labelling, except for audits and curated test sets.",
    ]
    if n_probable := sum(event.probable is not None for event in effective):
        weight = given.config.labelling.probable_weight
        lines.append(f"{n_probable:,} labels were given as probable; their weight in training is {weight:g}.")
    return Section("Labels", tuple(lines), ("Labelled by", "Labels", "Unsure"), rows)


def _check(report: Report | None) -> Section:
    title = "Check of rounds"
    if report is None:
        return Section(title, (f"{NOT_MEASURED}: the recorded rounds were not trained again.",))
    were = "round was" if report.compared == 1 else "rounds were"
    text = f"{report.compared:,} recorded {were} trained again; {report.identical:,} gave the recorded results."
    return Section(title, (text, *map(str, report.differences[:20]), *report.versions))


def _software(config: Config) -> Section:
    found = config.environment
    rows = tuple(found.packages.items()) if found is not None else ()
    python = f", Python {found.python}" if found is not None and found.python else ""
    return Section(
        "Software", (f"astronomical {__version__} wrote this report{python}.",), ("Package", "Version"), rows
    )


def _class_facts(given: ReportInput, class_name: str) -> ClassFacts:
    config, round, shown = given.config, given.rounds.get(class_name), given.config.shown(class_name)
    records = next((item for item in config.results if item.class_name == class_name), None)
    sections = [_learner(given, class_name)]
    curve = calibration = None
    trained = round if round is not None and round.trained else None
    sections.append(_scores("Validation set", trained.validation if trained is not None else None))
    try:
        curve = round_curve(config, given.dataset, given.ledger, round)
    except InvalidInputError as error:
        sections.append(_missing("Threshold", error))
    else:
        sections.append(_threshold(config, curve, class_name))
    try:
        calibration = calibration_report(config, given.dataset, given.ledger, round)
    except InvalidInputError as error:
        sections.append(_missing("Calibration", error))
    else:
        sections.append(_calibration(calibration))
    try:
        lines = report_lines(audit_report(config, given.dataset, given.ledger, round), shown)
        sections.append(Section("Audit", lines))
    except InvalidInputError as error:
        sections.append(_missing("Audit", error))
    sections += [_count(given, class_name), _stopping(given, records, class_name), _review(given, class_name)]
    sections += [_belief(records, shown), _test(given, class_name)]
    population = population_lines(config, given.dataset)
    named = (replace(item, lines=(*item.lines, *population)) if _depends(config, item) else item for item in sections)
    return ClassFacts(shown, tuple(named), records, curve, calibration)


def _depends(config: Config, section: Section) -> bool:
    """Return whether a section has a measured number that depends on scope and askable."""
    if section.title == "Test set" and config.curated.use_as_test:
        return False
    return section.title in _IN_POPULATION and not section.lines[-1].startswith(NOT_MEASURED)


def _missing(title: str, reason: object) -> Section:
    return Section(title, (f"{NOT_MEASURED}: {reason}",))


def _learner(given: ReportInput, class_name: str) -> Section:
    learner = given.config.learner(class_name)
    assert learner is not None, "a class of the report has a learner"
    tab, view = given.ledger.tab(class_name), training_set_of(given.config, given.dataset, given.ledger, class_name)
    models = "; ".join(_with_parameters(model.name, model.parameters) for model in learner.models)
    start = "drawn from the catalogue labels" if learner.start.mode == "random" else "given by the annotator"
    return Section(
        "Learner",
        (
            f"Model: {models}. Query strategy: {learner.strategy.name}. {learner.start.n} initial labels, {start}.",
            f"{view.k:,} labels in the training set, {view.n_own:,} of the class; {tab.n_catalogue:,} are labels of "
            f"the catalogue. {len(tab.unsure):,} sources are unsure.",
        ),
    )


def _with_parameters(name: str, parameters: Mapping[str, object]) -> str:
    given = ", ".join(f"{key} = {value}" for key, value in parameters.items())
    return f"{name} ({given})" if given else name


def _scores(title: str, scores: SetScores | None) -> Section:
    if scores is None or not scores.n:
        return Section(title, (f"{NOT_MEASURED}: no source with a known label was scored.",))
    counts = scores.counts
    rows = [
        _proportion("Accuracy", counts.tp + counts.tn, counts.n),
        _proportion("Purity (precision)", counts.tp, counts.tp + counts.fp),
        _proportion("Completeness (recall)", counts.tp, counts.tp + counts.fn),
        ("F1", "n/a" if scores.f1 is None else f"{scores.f1:.3f}", "", f"{counts.n:,}"),
    ]
    text = f"Predicted above 0.5: {counts.tp} true and {counts.fp} false positives, {counts.fn} false negatives."
    return Section(title, (text,), ("Score", "Value", "95 % interval", "n"), tuple(rows))


def _proportion(title: str, part: int, n: int) -> tuple[str, str, str, str]:
    if not n:
        return title, "n/a", "", "0"
    low, high = wilson_interval(part, n)
    return title, f"{part / n:.3f}", f"{low:.3f} to {high:.3f}", f"{n:,}"


def _threshold(config: Config, found: RoundCurve, class_name: str) -> Section:
    learner = config.learner(class_name)
    point = learner.operating_point if learner is not None else None
    value = threshold_of(config, class_name)
    at = found.curve.at(value)
    how = "the default" if point is None else f"chosen on the {found.known.title}"
    if point is not None and point.purity is not None:
        how += f" for a purity of at least {point.purity:g}"
    rows = (
        _proportion("Purity", at.scores.counts.tp, at.scores.counts.tp + at.scores.counts.fp),
        _proportion("Completeness", at.scores.counts.tp, at.scores.counts.tp + at.scores.counts.fn),
    )
    lines = (f"Threshold {value:g}, {how}; {at.n_pool:,} sources of the pool are above it.",)
    return Section("Threshold", lines, ("Score", "Value", "95 % interval", "n"), rows)


def _calibration(found: CalibrationReport) -> Section:
    method = {"sigmoid": "a sigmoid (Platt)", "isotonic": "isotonic regression"}[found.calibration.method]
    text = (
        f"Expected calibration error {found.error_before:.3f}, after calibration by {method} {found.error_after:.3f} "
        f"(cross-fitted on {len(found.known.truth):,} sources of the {found.known.title})."
    )
    return Section("Calibration", (text,))


def _count(given: ReportInput, class_name: str) -> Section:
    found = given.predictions
    if found is None or class_name not in found.proba:
        return _missing("Predictions", "the learner is not trained.")
    n, total = int(np.count_nonzero(found.claimed(class_name))), int(np.isfinite(found.proba[class_name]).sum())
    text = f"Predicted for {n:,} of {total:,} sources of the catalogue. This count has the errors of the predictions."
    return Section("Predictions", (text,))


def _stopping(given: ReportInput, records: LearnerResultConfig | None, class_name: str) -> Section:
    if records is None or records.agreement is None:
        return _missing("Agreement of rounds", "no agreement of successive rounds is recorded.")
    view = training_set_of(given.config, given.dataset, given.ledger, class_name)
    advice = stop_advice(records.agreement.kappas, view.n_own, view.k - view.n_own)
    return Section("Agreement of rounds", (advice_text(advice, given.config.shown(class_name)),))


def _belief(records: LearnerResultConfig | None, shown: str) -> Section:
    title = "Where to believe"
    if records is None or records.belief is None:
        return _missing(title, "the catalogue was not compared with the known labels.")
    return Section(title, recorded_lines(records.belief, shown))


def _review(given: ReportInput, class_name: str) -> Section:
    text = review_text(given.ledger, class_name)
    return Section("Label review", (text,)) if text else _missing("Label review", "no labels were reviewed.")


def _test(given: ReportInput, class_name: str) -> Section:
    n, result = n_openings(given.config, class_name), given.tests.get(class_name)
    opened = f"The test results were opened {n:,} time{'' if n == 1 else 's'}."
    if result is None:
        return Section("Test set", (opened, f"{NOT_MEASURED}: the scores of the newest round on the test set."))
    scored = _scores("Test set", result.scores)
    text = f"{opened} Round {result.k}, predicted above {result.threshold:g}."
    lines = (text, *(line.replace("Predicted above 0.5: ", "") for line in scored.lines))
    return Section("Test set", lines, scored.head, scored.rows)


def _methods(given: ReportInput) -> str:
    """Return a paragraph for the section on methods of a publication."""
    config, names = (
        given.config,
        [given.config.shown(item.class_name) for item in given.config.learners if item.started],
    )
    if not names:
        return "No learner was started."
    parts = [
        f"Sources of {config.catalogue.path} ({sources_text(given.dataset.catalogue)}) were classified as "
        f"{_listed(names)} by active learning with astronomical {__version__}, which is based on AstronomicAL (Stevens "
        "et al. 2021) and modAL (Danka & Horvath 2018).",
        f"Each class was learned against the rest from {len(given.dataset.features.names)} features; the catalogue was "
        "split into training, validation and test set by a hash of the ids.",
    ]
    n = sum(1 for event in given.ledger.effective if event.kind == "label" and is_by_user(event))
    people = {event.who for event in given.ledger.effective if is_by_user(event)}
    parts.append(f"{n:,} labels were given by {len(people)} {'person' if len(people) == 1 else 'people'}.")
    parts.append("Intervals are Wilson score intervals of 95 % (Wilson 1927).")
    if config.audits:
        audits = joined_audits(config, given.ledger)
        n_audited = sum(len(audit.ids) for audit in audits)
        parts.append(
            f"A random sample of {n_audited} of {audits[0].n_population:,} sources without an answer was labelled "
            "without seeing predictions; numbers of sources were estimated by prediction-powered inference "
            "(Angelopoulos et al. 2023) where it applies."
        )
    return " ".join(parts)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def all_sections(facts: Facts) -> Iterator[Section]:
    """Yield all sections of a report."""
    yield from facts.sections
    for item in facts.classes:
        yield from item.sections
