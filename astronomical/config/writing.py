"""What is written of a project; of its long lists only what is new is made into text."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from astronomical.config.schema import Config, LabelEvent, LearnerResultConfig, RoundResultConfig
from astronomical.config.section import Section
from astronomical.config.text import Inline, dump_yaml

__all__ = ["ConfigTexts", "to_plain"]

T = TypeVar("T", bound=Section)

#: So many items are made into text at a time: the interpreter is held for as long.
_AT_ONCE = 200


def to_plain(config: Config) -> dict[str, Any]:
    """Return a project as plain data in the order of the schema, without what is not set."""
    data = config.model_dump(mode="json", by_alias=True, exclude_none=True)
    for section in ("labels", "events"):
        data[section] = [Inline(item) for item in data[section]]
    data["layout"]["panes"] = [_settings_inline(pane) for pane in data["layout"]["panes"]]
    for result in data["results"]:
        result["rounds"] = [Inline(item) for item in result["rounds"]]
        result["probabilities"] = Inline(result["probabilities"])
    return {key: value for key, value in data.items() if value not in ([], {})}


def _settings_inline(pane: dict[str, Any]) -> Inline:
    return Inline({**pane, "settings": Inline(pane["settings"])})


class ConfigTexts:
    """The YAML of a project that is written again and again.

    Its events and the records of its rounds never change, and there may be thousands: their lines are kept.
    """

    def __init__(self) -> None:
        self._events = _Items[LabelEvent](lambda event: event.n, lambda items: {"events": items})
        self._rounds: dict[str, _Items[RoundResultConfig]] = {}

    def prepare(self, config: Config) -> None:
        """Make the lines of what is long; takes a while at first, and may be done in any thread."""
        self._events.lines(config.events)
        for result in config.results:
            self._round_lines(result)

    def yaml(self, config: Config) -> str:
        """Return all of a project."""
        first = tuple(result.model_copy(update={"rounds": ()}) for result in config.results[:1])
        data = to_plain(config.model_copy(update={"events": config.events[:1], "results": first}))
        long = {"events": lambda: "events:\n" + self._events.lines(config.events),
                "results": lambda: "results:\n" + "".join(map(self._result, config.results))}
        return "".join(long[name]() if name in long else dump_yaml({name: value}) for name, value in data.items())

    def _result(self, result: LearnerResultConfig) -> str:
        """Return the result of a learner as an item of a list: its class, its rounds, and the rest."""
        plain = result.model_copy(update={"rounds": ()}).model_dump(mode="json", by_alias=True, exclude_none=True)
        rest = {name: value for name, value in plain.items() if name not in ("class", "rounds")}
        rest["probabilities"] = Inline(rest["probabilities"])
        rounds = "  rounds:\n" + self._round_lines(result) if result.rounds else "  rounds: []\n"
        # Each part is made where it stands, for texts of several lines are indented by that.
        before = dump_yaml({"results": [{"class": plain["class"]}]}).partition("\n")[2]
        after = dump_yaml({"results": [rest]}).partition("- ")[2]
        return before + rounds + "  " + after

    def _round_lines(self, result: LearnerResultConfig) -> str:
        if result.class_name not in self._rounds:
            self._rounds[result.class_name] = _Items[RoundResultConfig](
                lambda item: item.k, lambda items: {"results": [{"rounds": items}]})
        return self._rounds[result.class_name].lines(result.rounds)


class _Items(Generic[T]):
    """The lines of the items of a list.

    Parameters
    ----------
    key
        What tells the items of the list apart.
    nested
        The data in which the list stands, and nothing else: its items are indented as there.
    """

    def __init__(self, key: Callable[[T], Hashable], nested: Callable[[list[Any]], dict[str, Any]]) -> None:
        self._key, self._nested = key, nested
        self._known: dict[Hashable, tuple[T, str]] = {}
        *before, item = dump_yaml(nested([Inline({"a": 1})])).splitlines()
        self._n_before, indent = len(before), item.partition("-")[0]
        # What goes on from the line before is indented further.
        self._begins = re.compile(rf"^(?={indent}- \{{)", re.MULTILINE)

    def lines(self, items: Sequence[T]) -> str:
        """Return the lines of some items; those made before are as they were."""
        # What is found is gathered here: another thread may meanwhile keep the lines of other items.
        texts: dict[Hashable, str] = {}
        new = []
        for item in items:
            key = self._key(item)
            kept, text = self._known.get(key, (None, ""))
            if kept is item:
                texts[key] = text
            else:
                new.append(item)
        for start in range(0, len(new), _AT_ONCE):
            some = new[start:start + _AT_ONCE]
            made = self._begins.split(self._made(some))[1:]
            if len(made) != len(some):  # a text of somebody's looks like the beginning of an item
                return self._made(items)
            keys = [self._key(item) for item in some]
            texts.update(zip(keys, made, strict=True))
            self._known.update(zip(keys, zip(some, made, strict=True), strict=True))
        return "".join(texts[self._key(item)] for item in items)

    def _made(self, items: Sequence[T]) -> str:
        plain = [Inline(item.model_dump(mode="json", by_alias=True, exclude_none=True)) for item in items]
        return dump_yaml(self._nested(plain)).split("\n", self._n_before)[-1]
