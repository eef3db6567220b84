"""The contact sheet pane without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from astronomical.config.schema import PaneConfig, StartConfig
from astronomical.dashboard.panes.sheet.components import SheetGrid
from astronomical.dashboard.panes.sheet.cursor import SheetCursor
from astronomical.dashboard.panes.sheet.pane import ContactSheetPane
from astronomical.services.tile_images import TileHandle, TileImage
from astronomical.session import Session
from tests.support.projects import FEW_TREES, make_project


class Images:
    """Images that a test delivers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, TileHandle]] = []

    def submit_picture(self, text: str, done: Any, *, insist: bool = False) -> TileHandle:
        handle = TileHandle(done)
        self.asked.append((text, handle))
        return handle

    def submit_cutout(self, survey: Any, ra_deg: float, dec_deg: float, done: Any, *, insist: bool) -> TileHandle:
        return self.submit_picture(f"{survey.name} {ra_deg:.3f} {dec_deg:.3f}", done, insist=insist)


class Sheet:
    """A contact sheet, what it shows, and what a user does with it."""

    def __init__(self, session: Session, **settings: Any) -> None:
        self.images, self.saved, self.cursor = Images(), list[dict[str, Any]](), SheetCursor()
        config = PaneConfig(id="s", kind="sheet", x=0, y=0, w=6, h=6, settings=settings)
        self.pane = ContactSheetPane(session, self.images, config, self.saved.append, self.cursor)  # type: ignore[arg-type]
        self.grid: SheetGrid = self.pane.view.objects[0]

    @property
    def ids(self) -> list[str]:
        return [tile["id"] for tile in self.grid.tiles["tiles"]]

    @property
    def note(self) -> str:
        return str(self.grid.head["note"])

    def tile(self, id: str) -> dict[str, Any]:
        return next(tile for tile in self.grid.tiles["tiles"] if tile["id"] == id)

    def send(self, event: str, **told: Any) -> None:
        self.grid._handle_msg({"event": event, **told})

    def choose(self, name: str, value: str) -> None:
        self.send("choose", name=name, value=value)

    def dialog(self) -> tuple[bool, str]:
        dialog = self.pane.view.objects[1]
        return dialog.open, str(dialog.objects[0].object) if dialog.open else ""

    def confirm(self) -> None:
        button = self.pane.view.objects[1].objects[1].objects[0]
        button.clicks += 1


@pytest.fixture
def session(tmp_path) -> Iterator[Session]:
    path, _ = make_project(tmp_path, n=200)
    with Session.open(path, look_ahead=False) as opened:
        opened.training.start("Star", models=[FEW_TREES], start=StartConfig(mode="random", n=6), queue=20)
        yield opened


@pytest.fixture
def sheet(session) -> Iterator[Sheet]:
    made = Sheet(session, size=12)
    yield made
    made.pane.close()


def test_queries_are_shown_with_probability_and_keep_their_tiles_while_they_are_labelled(sheet, session):
    queue = session.state.queues["Star"]
    assert sheet.ids == list(queue[:12])
    assert sheet.note == "Queries of Star, best first: 12 of 121, 0 answered."
    p = session.round().proba[session.dataset.catalogue.row(queue[0])]
    assert sheet.tile(queue[0])["p"] == f"p {p:.2f}"
    session.focus(queue[1])
    assert sheet.grid.cursor == queue[1]
    session.assign("Galaxy", id=queue[1])
    assert sheet.ids == list(queue[:12]), "the tiles moved"
    assert (sheet.tile(queue[1])["answer"], sheet.tile(queue[1])["answered"]) == ("Galaxy", True)
    assert sheet.note.endswith("1 answered.")
    session.focus(queue[2])
    session.assign(None, id=queue[2])
    assert sheet.tile(queue[2])["answer"] == "Unsure"


def test_the_next_queries_are_listed_once_all_shown_are_answered(sheet, session):
    first = list(sheet.ids)
    session.sheet.label("Star", first)
    assert not set(sheet.ids) & set(first)
    assert sheet.ids[:8] == list(session.state.queues["Star"]), "what is left of the batch does not come first"
    assert sheet.ids[8:] == list(session.round("Star").queries[20:24])


def test_a_label_continues_in_the_sheet_only_while_it_has_the_keyboard(sheet, session):
    ids = sheet.ids
    assert sheet.cursor.next_after(ids[0]) is None
    sheet.send("keyboard", on=True)
    assert sheet.cursor.next_after(ids[0]) == ids[1]
    session.focus(ids[1])
    session.assign("Star", id=ids[1], then=sheet.cursor.next_after(ids[1]))
    assert session.state.focus == ids[2]
    assert sheet.cursor.next_after(ids[0]) == ids[2], "an answered source is shown again"
    assert sheet.cursor.next_after(ids[11]) == ids[0]
    assert sheet.cursor.next_after("elsewhere") is None
    sheet.send("keyboard", on=False)
    assert sheet.cursor.next_after(ids[0]) is None


def test_all_shown_are_labelled_after_a_confirmation_that_counts_them(sheet, session):
    ids = sheet.ids
    session.focus(ids[0])
    session.assign("QSO", id=ids[0])
    sheet.send("all", key="1", ids=[*ids, "S99999"])
    shown, text = sheet.dialog()
    assert shown
    assert "Label 11 sources as Star?" in text
    assert session.ledger.human(ids[1]) is None, "labels were given before the confirmation"
    sheet.confirm()
    assert [session.ledger.human(id) for id in ids] == ["QSO", *["Star"] * 11]
    assert not sheet.dialog()[0]
    sheet.send("all", label="Galaxy", ids=ids)
    assert not sheet.dialog()[0]
    assert "have an answer already" in session.state.notices[-1].text


@pytest.mark.parametrize("told", [{"key": "9"}, {"label": "Comet"}, {"key": "0"}])
def test_a_key_without_a_class_asks_nothing(sheet, told):
    sheet.send("all", ids=sheet.ids, **told)
    assert not sheet.dialog()[0]


def test_lists_image_and_size_are_chosen_and_kept(sheet, session):
    session.select(session.dataset.catalogue.ids_at(range(50)))
    sheet.choose("kind", "selection")
    sheet.choose("size", "40")
    assert sheet.ids == list(session.state.selection[:40])
    assert (sheet.saved[-1]["kind"], sheet.saved[-1]["size"]) == ("selection", 40)
    session.select(session.dataset.catalogue.ids_at(range(5)))
    assert sheet.ids == list(session.state.selection)
    session.select(())
    assert (sheet.ids, sheet.note) == ([], "No sources are selected. Draw a box or a lasso in a plot.")


def test_similar_sources_are_searched_for_in_the_sheet(sheet, session):
    sheet.choose("kind", "similar")
    assert sheet.note.startswith("Choose examples")
    assert [choice["name"] for choice in sheet.grid.head["similar"]] == ["like", "keep"]
    session.focus("S00007")
    sheet.choose("keep", "unlabelled")
    sheet.send("find")
    assert sheet.ids == list(session.similar.sources(["S00007"], n=12, keep="unlabelled").ids)
    sheet.choose("like", "class:Star")
    sheet.send("find")
    assert sheet.ids == list(session.similar.sources(class_name="Star", n=12, keep="unlabelled").ids)
    before = len(session.state.notices)
    sheet.choose("like", "selection")
    sheet.send("find")
    assert "No source is selected" in session.state.notices[before].text


def test_settings_of_another_version_are_replaced_by_defaults(session):
    sheet = Sheet(session, kind="constellations", size="many", image=3, keep=None, more=1)
    assert sheet.ids == list(session.round("Star").queries[:24])
    sheet.pane.close()


def test_images_go_to_their_tiles_and_absent_ones_say_why(sheet):
    asked = dict(zip(reversed(sheet.ids), sheet.images.asked, strict=True))
    first, second = sheet.ids[:2]
    asked[second][1].deliver(TileImage(True, b"abc", "image/png"))
    asked[first][1].deliver(TileImage(False, reason="timed out after 3 s"))
    assert sheet.grid.arrived == {
        "n": sheet.grid.tiles["n"],
        "start": 1,
        "images": [(first, {"reason": "Timed out after 3 s.", "retry": True})],
    }
    sheet.send("again")
    assert [id for id, _ in sheet.grid.arrived["images"]] == [second, first]
    assert sheet.grid.head["retry"]
    n = len(sheet.images.asked)
    sheet.send("retry")
    assert [text for text, _ in sheet.images.asked[n:]] == [asked[first][0]]
    assert not sheet.grid.head["retry"]


def test_an_image_of_an_earlier_list_is_dropped(sheet, session):
    old = sheet.images.asked[-1][1]
    session.select(session.dataset.catalogue.ids_at(range(3)))
    sheet.choose("kind", "selection")
    before = sheet.grid.arrived
    old.deliver(TileImage(True, b"abc", "image/png"))
    assert sheet.grid.arrived == before


def test_predictions_are_hidden_while_a_test_set_is_labelled(sheet, session):
    session.curation.start()
    assert {tile["p"] for tile in sheet.grid.tiles["tiles"]} == {""}
    assert not any("Probability" in tile["tip"] for tile in sheet.grid.tiles["tiles"])


def test_the_list_of_another_learner_is_shown_when_it_is_active(sheet, session):
    session.training.start("QSO", models=[FEW_TREES], start=StartConfig(mode="random", n=6), queue=20)
    assert sheet.ids == list(session.state.queues["QSO"][:12])
    sheet.pane.on_action("show:threshold")
    assert sheet.ids == list(session.sheet.sources("threshold", 12).ids)
