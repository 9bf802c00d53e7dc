"""`Model.extract`: typed values out of a model, corrected where they do not fit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rigcli import Model
from rigcli.core.errors import SchemaError
from rigcli.testing import ScriptedModel


@dataclass
class Pet:
    name: str
    age: int = 0


def test_a_type_gives_a_value_of_it():
    turn = ScriptedModel('{"name": 3}', '{"name": "Tom", "age": 2}')
    assert Model(turn).extract_sync("Which pet?", Pet) == Pet("Tom", 2)
    assert turn.requests[0].schema is not None
    assert "name: 3 is not of type" in turn.requests[1].messages[-1].text


def test_the_short_form_gives_plain_data_and_a_list_comes_out_of_its_object():
    assert Model(ScriptedModel('{"value": [{"n": 1}]}')).extract_sync("?", "[n int]") == [{"n": 1}]


def test_the_best_attempt_stands_in_the_error():
    with pytest.raises(SchemaError) as caught:
        Model(ScriptedModel('{"n": "x"}', "no")).extract_sync("?", "n int", retries=1)
    assert (caught.value.data, caught.value.errors) == ({"n": "x"}, ('n: "x" is not of type "integer"',))
