"""--native: words to tools."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.errors import UsageError
from rigcli.inputs.native import parse_native


def parsed(*words: str) -> dict[str, dict[str, object]]:
    return {tool.name: dict(tool.parameters) for tool in parse_native(words, ("x_search",))}


@pytest.mark.parametrize(
    ("words", "tools"),
    [
        (("web_search",), {"web_search": {}}),
        (("web_search,code_execution",), {"web_search": {}, "code_execution": {}}),
        (("web_search", "maps"), {"web_search": {}, "maps": {}}),
        (("web_search:max_uses=3,maps",), {"web_search": {"max_uses": 3}, "maps": {}}),
        (("web_search:allowed_domains=a.org,allowed_domains=b.org",), {"web_search": {"allowed_domains": ["a.org", "b.org"]}}),
        (("file_search:vs_1,vs_2,max_results=4",), {"file_search": {"stores": ["vs_1", "vs_2"], "max_results": 4}}),
        (("web_search:user_location.country=DE,user_location.city=Bonn",), {"web_search": {"user_location": {"country": "DE", "city": "Bonn"}}}),
        (("web_search:max_uses=3", "allowed_domains=a.org"), {"web_search": {"max_uses": 3, "allowed_domains": "a.org"}}),
        (("web_search,x_search",), {"web_search": {}, "x_search": {}}),
        (("something_new",), {"something_new": {}}),
        ((" ",), {}),
    ],
)  # fmt: skip
def test_words_become_tools_with_what_they_are_told(words, tools) -> None:
    assert parsed(*words) == tools


def test_a_slip_in_a_later_name_is_told_with_the_near_one() -> None:
    with pytest.raises(UsageError) as slip:
        parsed("web_search,code_executon")
    assert "code_execution" in slip.value.line()


def test_one_key_cannot_be_a_value_and_a_table() -> None:
    with pytest.raises(UsageError):
        parsed("web_search:a=1,a.b=2")


@given(st.lists(st.text(alphabet="web_search:=,.vs1 {}[]", max_size=30), max_size=3))
def test_any_words_are_tools_or_one_clear_error(words: list[str]) -> None:
    try:
        tools = parse_native(words)
    except UsageError:
        return
    assert len({tool.name for tool in tools}) == len(tools)
