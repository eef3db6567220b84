"""Many ids are found as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronomical.catalogue.id_lookup import rows_of, rows_there

IDS = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=6)


@given(st.sets(IDS, max_size=12), st.lists(st.one_of(IDS, st.just(""), st.sampled_from(["a", "aa", "é", "z" * 40]))))
def test_rows_of_many_ids_are_those_of_each(known, wanted):
    order = sorted(id.encode(errors="surrogatepass") for id in known)
    ids = np.array(order, dtype=bytes)
    rows = {id: row for row, id in enumerate(order)}
    wanted = [*wanted, *known]
    keys = [id.encode(errors="surrogatepass") for id in wanted]
    assert rows_there(ids, wanted).tolist() == [rows[key] for key in keys if key in rows]
    lost = [id for id, key in zip(wanted, keys, strict=True) if key not in rows]
    if lost:
        with pytest.raises(KeyError) as caught:
            rows_of(ids, wanted)
        assert caught.value.args == (lost[0],)
    else:
        assert rows_of(ids, wanted).tolist() == [rows[key] for key in keys]
