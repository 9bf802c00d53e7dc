"""Templates are filled in once, in a sandbox; what stands in a value is never expanded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.errors import ConfigError, UsageError
from rigcli.inputs.rendering import filled, pairs, parameters_of, render


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r")))
def test_any_value_comes_out_as_it_is(value: str) -> None:
    assert render("<{{ input }}>", {"input": value}, "t") == f"<{value}>"


def test_a_template_in_a_value_stays_text() -> None:
    assert render("{{a}} {{b}}", {"a": "{{ b }}", "b": "{% raw %}"}, "t") == "{{ b }} {% raw %}"


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ input.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{{ self.__init__.__globals__ }}",
        "{% set x = [] %}{{ x.append(1) }}",
        "{{ range(10000000) | list }}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_the_sandbox_lets_nothing_out(attack: str) -> None:
    with pytest.raises((ConfigError, UsageError)):
        render(attack, {"input": "x"}, "t.md")


def test_a_mistake_names_file_and_line() -> None:
    with pytest.raises(ConfigError, match=r"t\.md:2: template"):
        parameters_of("one\n{{ two", "t.md")


def test_what_is_missing_and_what_is_unknown_is_named() -> None:
    with pytest.raises(UsageError, match="template x: needs language, tone") as missing:
        filled({}, ["language", "tone", "size"], {"size": 3}, "template x")
    assert missing.value.hint == "-p language=… -p tone=…"
    with pytest.raises(UsageError, match="no parameter 'langage'") as unknown:
        filled({"langage": "de"}, ["language"], {}, "template x")
    assert unknown.value.hint == "did you mean language?"
    assert pairs(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    with pytest.raises(UsageError, match="is no KEY=VALUE"):
        pairs(["a"])
