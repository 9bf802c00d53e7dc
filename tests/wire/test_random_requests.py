"""Any conversation of the kinds that rig knows is, in the dialect of each row, a request that the row's SDK could build."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rigcli.core.requests import Request
from rigcli.wire import load_wire
from tests.wire.conversations import asked
from tests.wire.pairs import complaints
from tests.wire.witnesses import ROWS, quirks_of

EXAMPLES = int(os.environ.get("RIG_EXAMPLES", "40"))


@pytest.mark.parametrize(("row", "wire"), ROWS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(fields=asked(), data=st.data())
def test_any_conversation_is_a_request_that_the_sdk_knows(
    row: str, wire: str, fields: dict[str, Any], data: st.DataObject
) -> None:
    witness, models = ROWS[row, wire]
    request = Request(data.draw(st.sampled_from(models)), quirks=quirks_of(row, wire), **fields)
    body = load_wire(wire).prepare(request).body
    assert witness(body) == []
    assert complaints(wire, body) == []
