"""Whatever a config holds, writing and reading it gives the same config, in both formats."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from astronomical.config.comments import Comments, comments_of
from astronomical.config.errors import ConfigError
from astronomical.config.io import config_from, parse_config, read_config, write_config
from astronomical.config.schema import (
    CatalogueConfig,
    CombinationConfig,
    Config,
    EnvironmentConfig,
    ExtensionConfig,
    FeaturesConfig,
    FingerprintConfig,
    IdConfig,
    LabelConfig,
    LayoutConfig,
    LearnerConfig,
    LearnerResultConfig,
    PaneConfig,
    PositionConfig,
    ProjectConfig,
    RoundResultConfig,
    ScoresConfig,
    SplitConfig,
    StartConfig,
)
from astronomical.config.yaml_writer import ConfigTexts
from astronomical.labels.ledger import ChainError, Ledger

# What column names, classes and ids of real catalogues look like to a YAML parser.
AWKWARD = (
    "g-j",
    "[3.6]",
    "[OIII]/Hβ",
    "trailing ",
    " leading",
    "NO",
    "no",
    "1e5",
    "010",
    "12:30:45",
    "null",
    "~",
    "-",
    "- a",
    "#1",
    "a: b",
    "'",
    '"',
    "{x}",
    "*",
    "&a",
    "!t",
    "%",
    "@",
    "`",
    "<<",
    "=",
    "?",
    "|",
    ">",
    ".nan",
    ".5",
    "0x1F",
    "1_000",
    "true",
    "J2000−05",
    "α Cen",
    "line\nbreak",
    "tab\t",
    "\\n",
    "\x85",
    "\u2028",
    "\ufeff",
    "🌌",
)
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(AWKWARD)
names = any_text.filter(bool)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**7)
scalars = st.booleans() | st.integers(-(2**70), 2**70) | numbers | any_text
plain = st.recursive(
    scalars | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)


def some(items, **bounds):
    return st.lists(items, max_size=3, **bounds).map(tuple)


extensions = st.builds(ExtensionConfig, name=names, parameters=st.dictionaries(any_text, scalars, max_size=3))
scores = st.none() | st.builds(
    ScoresConfig,
    n=counts,
    tp=counts,
    fp=counts,
    fn=counts,
    tn=counts,
    accuracy=st.none() | numbers,
    f1=st.none() | numbers,
)
ids = st.just(IdConfig(source="row")) | st.builds(lambda name: IdConfig(source="column", column=name), any_text)
catalogues = st.builds(
    CatalogueConfig,
    path=names.filter(lambda name: "\x00" not in name),
    format=st.sampled_from([None, "fits", "csv", "parquet"]),
    table=st.none() | st.integers(0, 99) | any_text,
    id=ids,
    label=st.none() | any_text,
    position=st.none() | st.builds(PositionConfig, ra=names, dec=names),
    missing=some(numbers),
    unknown_labels=some(any_text),
    extra_columns=some(any_text),
    fingerprint=st.none()
    | st.builds(FingerprintConfig, rows=counts, ids=any_text, columns=st.dictionaries(any_text, any_text, max_size=3)),
)
features = st.builds(
    FeaturesConfig,
    columns=some(any_text),
    scaling=st.sampled_from(["none", "standard"]),
    combinations=some(
        st.builds(CombinationConfig, operation=names, n=st.integers(2, 5), columns=st.none() | some(any_text))
    ),
)
panes = st.builds(
    PaneConfig,
    id=names,
    kind=names,
    x=st.integers(0, 11),
    y=counts.map(lambda n: n % 500),
    w=st.integers(1, 12),
    h=st.integers(1, 100),
    settings=st.dictionaries(any_text, plain, max_size=3),
)
layouts = st.builds(
    LayoutConfig,
    panes=some(panes, unique_by=lambda pane: pane.id),
    axes=st.none() | st.tuples(any_text, any_text),
    theme=st.sampled_from(["light", "dark"]),
)
answers = st.tuples(names, st.none() | names, st.none() | any_text, st.none() | numbers, any_text)


@st.composite
def ledgers(draw):
    """Draw a ledger with answers, some of them taken back."""
    ledger = Ledger.empty()
    for name, label, class_name, score, who in draw(st.lists(answers, max_size=5)):
        ledger, _ = ledger.append(
            kind="label" if label else "unsure",
            id=name,
            label=label,
            class_name=class_name,
            round=3,
            origin="query",
            score=score,
            who=who,
            when="2026-01-01T12:30:45+00:00",
        )
    if (newest := ledger.next_undo()) is not None and draw(st.booleans()):
        ledger, _ = ledger.append(kind="undo", target=newest.n, id=newest.id)
    return ledger


@st.composite
def configs(draw):
    classes = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    values = draw(st.lists(any_text, min_size=len(classes), max_size=len(classes), unique=True))
    colours = draw(st.lists(st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True), min_size=4, max_size=4))
    learners = [
        LearnerConfig(
            class_name=name,
            models=(draw(extensions),),
            strategy=draw(extensions),
            start=StartConfig(mode="label", n=draw(st.integers(2, 1000))),
            started=draw(st.booleans()),
        )
        for name in draw(st.lists(st.sampled_from(classes), unique=True))
    ]
    rounds = st.builds(
        RoundResultConfig, k=counts, key=any_text, queries=some(any_text), training=scores, validation=scores
    )
    return Config(
        project=draw(
            st.builds(
                ProjectConfig, title=any_text, authors=some(any_text), doi=any_text, seed=st.integers(0, 2**63 - 1)
            )
        ),
        catalogue=draw(catalogues),
        labels=tuple(LabelConfig(value=v, name=n, colour=c) for v, n, c in zip(values, classes, colours, strict=False)),
        features=draw(features),
        split=SplitConfig(train=0.5, validation=0.25, test=0.25, drop=tuple(draw(st.sets(st.sampled_from(classes))))),
        learners=tuple(learners),
        events=draw(ledgers()).events,
        layout=draw(layouts),
        results=draw(
            some(
                st.builds(
                    LearnerResultConfig,
                    class_name=names,
                    rounds=some(rounds),
                    probabilities=st.dictionaries(any_text, numbers, max_size=3),
                )
            )
        ),
        environment=EnvironmentConfig(python="3.11.7", packages=draw(st.dictionaries(any_text, any_text, max_size=2))),
    )


@settings(max_examples=60)
@given(config=configs())
def test_a_config_survives_its_file_in_both_formats(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("configs")
    texts = []
    for name in ("a.yaml", "b.json", "c.yaml"):
        write_config(config, folder / name)
        texts.append((folder / name).read_bytes())
        config_again = read_config(folder / name)
        assert config_again == config
        assert repr(config_again) == repr(config)  # 1 is not 1.0, -0.0 is not 0.0
        config = config_again
    assert texts[0] == texts[2]
    Ledger.replay(config.events)


@settings(max_examples=100)
@given(config=configs())
def test_no_text_of_a_project_is_taken_for_a_comment(config):
    assert comments_of(ConfigTexts().yaml(config)) == Comments()


@given(config=configs(), data=st.data())
def test_an_altered_event_does_not_pass_the_file_unnoticed(config, data, tmp_path_factory):
    assume(config.events)
    place = data.draw(st.integers(0, len(config.events) - 1))
    old = config.events[place]
    changed = old.model_copy(update={"id": (old.id or "") + "x"})
    events = (*config.events[:place], changed, *config.events[place + 1 :])
    path = tmp_path_factory.mktemp("configs") / "a.yaml"
    write_config(config.model_copy(update={"events": events}), path)
    with pytest.raises(ChainError) as caught:
        Ledger.replay(read_config(path).events)
    assert (caught.value.n, caught.value.id) == (old.n, changed.id)


def problems(read):
    """Return what a reader says is wrong; nothing but a `ConfigError` may come out of it."""
    try:
        read()
    except ConfigError as error:
        return error.problems or pytest.fail("a refusal without a reason")
    return ()


@given(text=st.text(max_size=80), suffix=st.sampled_from([".yaml", ".json"]))
def test_any_text_is_refused_in_words(text, suffix):
    start = "schema_version: 1\n" if suffix == ".yaml" else ""
    assert all(len(problem.message) < 300 for problem in problems(lambda: parse_config(start + text, suffix)))


@given(data=st.dictionaries(st.sampled_from(sorted(Config.model_fields)), plain))
def test_any_data_is_refused_in_words(data):
    assert all(problem.message for problem in problems(lambda: config_from({"schema_version": 1, **data})))


def test_a_config_is_frozen():
    config = Config(catalogue=CatalogueConfig(path="a.fits", id=IdConfig(source="row")))
    with pytest.raises(ValidationError, match="frozen"):
        config.labels = ()
    with pytest.raises(ValidationError, match="frozen"):
        config.project.seed = 3
