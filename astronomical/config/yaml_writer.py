"""Write a project as YAML, formatting only the new items of its long lists."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from astronomical.config.base import Section
from astronomical.config.flow_text import flow_text
from astronomical.config.parsing import Inline, dump_yaml
from astronomical.config.schema import Config, LabelEvent, LearnerResultConfig, RoundResultConfig

__all__ = ["ConfigTexts", "to_plain"]

T = TypeVar("T", bound=Section)

#: Sections written by the program follow those that a person may want to read or edit.
_LAST = ("checkpoints", "events", "results", "environment")


def to_plain(config: Config) -> dict[str, Any]:
    """Return a project as plain data without unset values, with the sections written by the program last."""
    short = config.model_copy(
        update={"events": (), "results": tuple(result.model_copy(update={"rounds": ()}) for result in config.results)}
    )
    data = short.model_dump(mode="json", by_alias=True, exclude_none=True)
    # Convert item by item, because each conversion holds the interpreter lock.
    data["events"] = [Inline(plain_item(event)) for event in config.events]
    for result, made in zip(config.results, data["results"], strict=True):
        made["rounds"] = [Inline(plain_item(item)) for item in result.rounds]
        made["probabilities"] = Inline(made["probabilities"])
    data["labels"] = [Inline(item) for item in data["labels"]]
    data["subsets"] = [Inline(item) for item in data["subsets"]]
    data["layout"]["panes"] = [_settings_inline(pane) for pane in data["layout"]["panes"]]
    if "fingerprint" in data["catalogue"]:
        data["catalogue"]["fingerprint"] = Inline(data["catalogue"].pop("fingerprint"))
    names = [*(name for name in data if name not in _LAST), *_LAST]
    return {name: data[name] for name in names if data[name] not in ([], {})}


def plain_item(item: Section) -> dict[str, Any]:
    """Return an event or the record of a round as plain data."""
    return item.model_dump(mode="json", by_alias=True, exclude_none=True)


def _settings_inline(pane: dict[str, Any]) -> Inline:
    return Inline({**pane, "settings": Inline(pane["settings"])})


class ConfigTexts:
    """Writer of a project that is saved repeatedly.

    Its events and records of rounds never change, and there may be thousands of them, so their lines are cached.

    Attributes
    ----------
    header
        Comments that are written before everything else.
    """

    def __init__(self) -> None:
        self.header = ""
        self._events = _Items[LabelEvent](lambda event: event.n, "")
        self._rounds: dict[str, _Items[RoundResultConfig]] = {}

    def prepare(self, config: Config) -> None:
        """Format the long lists. The first call takes time; any thread may make it."""
        self._events.lines(config.events)
        for result in config.results:
            self._round_lines(result)

    def yaml(self, config: Config) -> str:
        """Return the whole project as YAML."""
        first = tuple(result.model_copy(update={"rounds": ()}) for result in config.results[:1])
        data = to_plain(config.model_copy(update={"events": config.events[:1], "results": first}))
        long = {
            "events": lambda: "events:\n" + self._events.lines(config.events),
            "results": lambda: "results:\n" + "".join(map(self._result, config.results)),
        }
        sections = (long[name]() if name in long else dump_yaml({name: value}) for name, value in data.items())
        return self.header + "".join(sections)

    def _result(self, result: LearnerResultConfig) -> str:
        """Return the result of a learner as a list item: its class, its rounds, and the rest."""
        plain = result.model_copy(update={"rounds": ()}).model_dump(mode="json", by_alias=True, exclude_none=True)
        rest = {name: value for name, value in plain.items() if name not in ("class", "rounds")}
        rest["probabilities"] = Inline(rest["probabilities"])
        rounds = "  rounds:\n" + self._round_lines(result) if result.rounds else "  rounds: []\n"
        # Format each part with its final indentation, because texts of several lines are indented too.
        before = dump_yaml({"results": [{"class": plain["class"]}]}).partition("\n")[2]
        after = dump_yaml({"results": [rest]}).partition("- ")[2]
        return before + rounds + "  " + after

    def _round_lines(self, result: LearnerResultConfig) -> str:
        if result.class_name not in self._rounds:
            self._rounds[result.class_name] = _Items[RoundResultConfig](lambda item: item.k, "  ")
        return self._rounds[result.class_name].lines(result.rounds)


class _Items(Generic[T]):
    """Cached lines of the items of a list.

    Parameters
    ----------
    key
        Function that returns the key of an item.
    indent
        Indentation before the dash of each item.
    """

    def __init__(self, key: Callable[[T], Hashable], indent: str) -> None:
        self._key, self._indent = key, indent
        self._known: dict[Hashable, tuple[T, str]] = {}

    def lines(self, items: Sequence[T]) -> str:
        """Return the lines of some items; lines formatted before are reused."""
        # Another thread may cache the lines of other items meanwhile.
        texts = []
        for item in items:
            key = self._key(item)
            kept, text = self._known.get(key, (None, ""))
            if kept is not item:
                text = f"{self._indent}- {flow_text(plain_item(item))}\n"
                self._known[key] = item, text
            texts.append(text)
        return "".join(texts)
