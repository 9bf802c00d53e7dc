"""Tools are known by name before anything is imported, and a broken one is one line that names its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rigcli import tool
from rigcli.core.errors import ConfigError, UsageError
from rigcli.tools.builtin import BUILTIN
from rigcli.tools.context import ToolContext
from rigcli.tools.registry import make, offers, pick

HERE = ToolContext(Path())


@tool
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


@dataclass
class FakePlugin:
    name: str
    loads: Callable[[], Any]
    distribution: str = "some-dist"
    version: str = "1.2"

    def load(self) -> Any:
        return self.loads()


def never() -> Any:
    raise AssertionError("a plug-in was loaded before it was chosen")


def raising(error: BaseException) -> Callable[[Any], Any]:
    def factory(context: ToolContext) -> Any:
        raise error

    return factory


def test_names_are_known_without_loading_a_plugin() -> None:
    known = offers([FakePlugin("shout", never)])
    assert list(known) == [*BUILTIN, "shout"]
    assert (known["shout"].source, known["shout"].built_in, known["grep"].built_in) == ("some-dist 1.2", False, True)


def test_a_plugin_cannot_take_the_name_of_a_builtin() -> None:
    assert offers([FakePlugin("grep", never)])["grep"].source == "built-in"


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["grep"], ["grep"]),
        (["*"], [*BUILTIN, "shout"]),
        (["*d_fil*", "l*_*", "grep"], ["read_file", "list_dir", "grep"]),
        (["grep", "gr*", "read_file"], ["grep", "read_file"]),
        ([], []),
    ],
)
def test_names_and_globs_choose_each_tool_once(patterns: list[str], names: list[str]) -> None:
    assert [offer.name for offer in pick(patterns, offers([FakePlugin("shout", never)]))] == names


def test_an_unknown_name_is_told_with_the_near_ones() -> None:
    with pytest.raises(UsageError, match="no tool 'read_fle'") as caught:
        pick(["read_fle"], offers())
    assert (caught.value.hint or "").startswith("did you mean read_file")
    with pytest.raises(UsageError, match=r"no tool 'zzz\*'"):
        pick(["zzz*"], offers())


@pytest.mark.parametrize("found", [shout, lambda context: shout])
def test_an_entry_point_names_a_tool_or_makes_one(found: Any) -> None:
    assert make(offers([FakePlugin("shout", lambda: found)])["shout"], HERE) is shout


@pytest.mark.parametrize(
    ("name", "found", "told"),
    [
        ("shout", 5, "int is no tool"),
        ("shout", lambda context: None, "NoneType is no tool"),
        ("whisper", shout, "the tool calls itself 'shout'"),
        ("shout", raising(RuntimeError("no dice")), "RuntimeError: no dice"),
        ("shout", raising(SystemExit(3)), "SystemExit: 3"),
        ("shout", lambda: shout, "TypeError"),
    ],
)
def test_what_is_no_tool_is_one_line_with_its_source(name: str, found: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=f"tool {name} of some-dist 1.2: ") as caught:
        make(offers([FakePlugin(name, lambda: found)])[name], HERE)
    assert told in caught.value.message
