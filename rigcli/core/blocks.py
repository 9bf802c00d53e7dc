"""Text that others wrote, in a block that shows a model where it begins and where it ends. Pure."""

from __future__ import annotations

import re


def block(tag: str, text: str, **attributes: str) -> str:
    """Return `text` between a line `<tag …>` and a line `</tag>`.

    A text that holds the tag itself gets one with a number, as a longer fence goes around a fence in Markdown: so it
    can neither end its block nor begin another of its kind, and stays as it is to the letter.
    """
    own = _free(tag, text)
    said = "".join(f' {name}="{_quoted(value)}"' for name, value in attributes.items())
    end = "" if text.endswith("\n") else "\n"
    return f"<{own}{said}>\n{text}{end}</{own}>"


def _free(tag: str, text: str) -> str:
    """Return the tag, or the first of `tag-2`, `tag-3`, … that the text does not hold."""
    taken = {number.lstrip("0") for number in re.findall(rf"<\s*/?\s*{tag}(?![^\W\d])[\s-]*(\d*)", text, re.IGNORECASE)}
    if not taken:
        return tag
    number = 2
    while str(number) in taken:
        number += 1
    return f"{tag}-{number}"


def _quoted(value: str) -> str:
    """Return a value that stays between its quotes and on its line."""
    return " ".join(value.replace("&", "&amp;").replace('"', "&quot;").splitlines())
