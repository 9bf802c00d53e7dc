"""HTML to Markdown-like text, so that headings, lists, code and tables are cut where they should be.

Runs in the child process. The parser does not say where in the source a text stood, so each text is looked up in the
source from where the last one was found: lines only ever go forward, and a text that is not found keeps the last line.
"""

from __future__ import annotations

import re
from typing import Any

from rigcli.rag.loaders.document import Document
from rigcli.rag.loaders.text import decode
from rigcli.rag.loaders.tree import walk

_SKIPPED = frozenset({"script", "style", "template", "noscript", "svg", "iframe", "nav", "button", "select", "head"})
_BLOCKS = frozenset(
    """address article aside blockquote dd details div dl dt fieldset figcaption figure footer form header hr li main ol
    p pre section summary table tbody thead tr ul h1 h2 h3 h4 h5 h6 body html title""".split()  # noqa: SIM905  shorter
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_SPACE = re.compile(r"\s+")
_NEEDLE = 60
_NEAR = 200_000
"""Characters of source in which a text is looked for: a page made to be slow must not be searched whole every time."""
_BODY = re.compile(r"<body\b", re.IGNORECASE)
_WORD = re.compile(r"\w{3,}")


class _Writer:
    """Collects lines of text and where in the source each came from."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.out: list[str] = []
        self.length = 0
        self.marks: list[tuple[int, int, str]] = []
        self.found_at = 0
        self.line = 1
        self.pre = 0
        self.fresh = True  # nothing but a prefix on the current line
        self.blank = True
        self.cells = 0

    def write(self, text: str) -> None:
        self.out.append(text)
        self.length += len(text)

    def text(self, raw: str) -> None:
        text = raw if self.pre else _SPACE.sub(" ", raw)
        if not self.pre and self.fresh:
            text = text.lstrip()
        if not text:
            return
        self.locate(raw)
        self.write(text)
        self.fresh = False
        self.blank = False

    def locate(self, raw: str) -> None:
        """Find the text's line: its beginning, or where entities stand in it its first long word."""
        if not (word := _WORD.search(raw)):
            return
        until = self.found_at + _NEAR
        found = self.source.find(raw.strip().split("\n", 1)[0][:_NEEDLE], self.found_at, until)
        if found < 0:
            found = self.source.find(word[0], self.found_at, until)
        if found < 0:
            return
        self.line += self.source.count("\n", self.found_at, found)
        self.found_at = found
        if not self.marks or self.marks[-1][1] != self.line:
            self.marks.append((self.length, self.line, ""))

    def skip_to(self, offset: int) -> None:
        """Look for texts from here on only."""
        if offset > self.found_at:
            self.line += self.source.count("\n", self.found_at, offset)
            self.found_at = offset

    def block(self, *, gap: bool) -> None:
        """End the line; with `gap` leave a blank one."""
        if not self.fresh:
            self.write("\n")
            self.fresh = True
        if gap and not self.blank:
            self.write("\n")
            self.blank = True


def load_html(data: bytes) -> Document:
    """Return the visible text; scripts, styles and navigation are left out."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  only in the child process

    source = decode(data, declared=True)
    tree: Any = LexborHTMLParser(source)
    writer = _Writer(source)
    title = tree.css_first("title")
    if title is not None and not tree.css_first("h1") and (text := title.text(strip=True)):
        writer.write("# ")
        writer.text(text)
        writer.block(gap=True)
    if tree.body is not None:
        if begins := _BODY.search(source):
            writer.skip_to(begins.start())
        walk(tree.body, _skipped, lambda node: _open(node, writer), lambda node: _close(node.tag, writer))
    return Document("".join(writer.out).strip("\n") + "\n", tuple(writer.marks) or ((0, 1, ""),))


def _skipped(node: Any) -> bool:
    return node.tag in _SKIPPED


def _open(node: Any, writer: _Writer) -> None:
    tag = node.tag
    if tag == "-text":
        writer.text(node.text_content or "")
    elif tag == "br":
        writer.write("\n")
        writer.fresh = not writer.pre
    elif tag in ("td", "th"):
        if writer.cells:
            writer.write(" | ")
        writer.cells += 1
    elif tag in _BLOCKS:
        writer.block(gap=tag not in ("li", "tr", "dt", "dd"))
        if tag in _HEADINGS:
            writer.write(_HEADINGS[tag])
        elif tag == "li":
            writer.write("- ")
        elif tag == "pre":
            writer.write("```\n")
            writer.pre += 1
        elif tag == "tr":
            writer.cells = 0


def _close(tag: str, writer: _Writer) -> None:
    if tag == "pre":
        writer.pre -= 1
        writer.write("\n```\n")
        writer.fresh = True
        writer.blank = False
    if tag in _BLOCKS:
        writer.block(gap=tag not in ("li", "tr", "dt", "dd"))
    if tag == "tr":
        writer.cells = 0
