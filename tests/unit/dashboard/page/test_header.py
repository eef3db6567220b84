from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from astronomical.config.schema import LabelEvent
from astronomical.dashboard.page.header import labels_per_minute


def written(seconds: float, **changes: Any) -> LabelEvent:
    when = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return LabelEvent(n=1, kind="label", id="a", label="Star", when=when, check="0" * 12, **changes)


def test_rate_counts_the_last_ten_minutes_only():
    now = 1_800_000_000.0
    labels = [written(now - 4000), *(written(now - 30 + 10 * i) for i in range(4))]
    assert labels_per_minute(labels, now) == 6.0


def test_labels_of_another_day_have_no_rate():
    now = 1_800_000_000.0
    assert labels_per_minute([written(now - 86_400 + i) for i in range(20)], now) is None


def test_labels_given_or_imported_together_do_not_count():
    now = 1_800_000_000.0
    imported = [written(now - 5_000_000 + i, origin="import") for i in range(50)]
    bulk = [written(now - 20, batch=7) for _ in range(50)]
    one_by_one = [written(now - 30 + 10 * i) for i in range(4)]
    assert labels_per_minute([*imported, *one_by_one[:2], *bulk, *one_by_one[2:], *imported], now) == 6.0
    assert labels_per_minute([*bulk, *imported], now) is None
