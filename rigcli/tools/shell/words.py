"""The words of a command as the shell would hand them over, where that can be told from the text alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\([$`"\\\n])')
_GLOB_FIRST = re.compile(r"[*?\[]")
_QUOTED_ONLY = frozenset({'"', "string_content"})


def value_of(node: Node) -> str | None:
    """Return the word that a node stands for, or None where only the running shell knows it.

    A word that the shell would expand to several, or by names on the disk that may begin with a dash, is not known.
    """
    text = (node.text or b"").decode("utf-8", "replace")
    match node.type:
        case "word" | "number":
            return _plain(text)
        case "raw_string":
            return text[1:-1]
        case "string":
            known = all(child.type in _QUOTED_ONLY for child in node.children)
            return _ESCAPED_IN_QUOTES.sub(r"\1", text[1:-1]) if known and "\\\n" not in text else None
        case "concatenation":
            parts = [value_of(child) for child in node.children]
            return None if None in parts else "".join(part for part in parts if part is not None)
        case _:
            return None


def _plain(text: str) -> str | None:
    bare = _ESCAPED.sub("", text)  # what is left is not quoted
    if "\\\n" in text or text.endswith("\\") or _GLOB_FIRST.match(text):
        return None
    if "{" in bare and text != "{}":
        return None
    return _ESCAPED.sub(r"\1", text)
