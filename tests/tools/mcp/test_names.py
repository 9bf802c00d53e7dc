"""Names of tools: any server's, in letters every provider takes, no two alike."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from rigcli.tools.mcp.names import LIMIT, full_names, may_mean

GOOD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def test_an_ordinary_name_is_the_servers_and_the_tools():
    assert full_names("files", ["read_file"]) == {"files__read_file": "read_file"}


@given(st.lists(st.text(min_size=1, max_size=200), max_size=20))
def test_every_tool_has_one_good_name_that_is_mapped_back(tools: list[str]):
    names = full_names("files", tools)
    assert all(GOOD.fullmatch(name) for name in names)
    assert sorted(names.values()) == sorted(set(tools))


def test_tools_that_look_alike_once_cleaned_stay_apart_whatever_their_order():
    one, two = full_names("s", ["a.b", "a_b", "a/b"]), full_names("s", ["a/b", "a_b", "a.b"])
    assert len(one) == 3
    assert one["s__a_b"] == "a_b"
    assert one == two


def test_two_long_names_with_the_same_beginning_stay_apart():
    names = full_names("s", ["x" * 100 + "1", "x" * 100 + "2"])
    assert len(names) == 2
    assert all(len(name) == LIMIT for name in names)


def test_a_pattern_means_the_servers_it_could_fit():
    assert may_mean("files__*", "files")
    assert may_mean("files__read", "files")
    assert may_mean("*", "files")
    assert may_mean("fi*", "files")
    assert not may_mean("read_file", "files")
    assert not may_mean("files", "files")
    assert not may_mean("other__*", "files")
