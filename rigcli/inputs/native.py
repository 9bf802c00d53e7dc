"""`--native NAME[:VALUE|KEY=VALUE,…][,NAME…]`: the provider's own tools, and what they are told.

Commas part everything; a word that is the name of a tool begins the next one, any other belongs to the tool before it:
`web_search:max_uses=3,allowed_domains=example.org,code_execution`, `file_search:vs_1,vs_2`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, cast

from rigcli.core.errors import UsageError
from rigcli.core.requests import NATIVE_TOOLS, NativeTool
from rigcli.inputs.options import parse_pairs

BARE = {"file_search": "stores"}
"""The parameter that a word without `=` stands for."""


def parse_native(words: Iterable[str], others: Container[str] = ()) -> tuple[NativeTool, ...]:
    """Return the tools that these words name, each once; `others` are names that a row has besides rig's own.

    A value is JSON where it reads as JSON, a key given twice is a list, `a.b=1` stands for `{"a": {"b": 1}}`.
    Raises UsageError.
    """
    found: dict[str, list[str]] = {}
    name = ""
    for word in (part.strip() for text in words for part in text.split(",")):
        if not word:
            continue
        head, colon, rest = word.partition(":")
        if head in NATIVE_TOOLS or head in others or not name or (colon and "=" not in head):
            name, said = head.strip(), rest.strip()
            found.setdefault(name, [])
        else:
            said = word
        if said:
            found[name].append(said if "=" in said else _bare(name, said))
    return tuple(NativeTool(name, _nested(parse_pairs(pairs, "--native"))) for name, pairs in found.items())


def _bare(name: str, word: str) -> str:
    if name in BARE:
        return f"{BARE[name]}={word}"
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    near = get_close_matches(word, NATIVE_TOOLS, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"for example: --native {name}:max_uses=3"
    raise UsageError(f"--native {name}: {word!r} is neither KEY=VALUE nor the name of a tool", hint=hint)


def _nested(values: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in values.items():
        *outer, last = key.split(".")
        place = out
        for part in outer:
            inner: Any = place.setdefault(part, {})
            if not isinstance(inner, dict):
                raise UsageError(f"--native: {key} and {part} cannot both be said")
            place = cast("dict[str, Any]", inner)
        place[last] = value
    return out
