"""A web page to Markdown for a reader: headings, lists, links, code and tables; no scripts, menus or pictures.

Runs in the child process. Nothing is fetched: of a picture only its words are left, so that no address of one gets into
a conversation to be asked by whoever shows it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from rigcli.rag.loaders.document import Document
from rigcli.rag.loaders.text import decode
from rigcli.rag.loaders.tree import walk

_SKIPPED = frozenset(
    {"script", "style", "template", "noscript", "svg", "iframe", "nav", "button", "select", "head", "form", "dialog"}
    | {"object", "embed", "canvas", "audio", "video", "aside", "footer"}
)
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "main"}
    | {"header", "hr", "li", "ol", "p", "pre", "section", "summary", "table", "tbody", "thead", "tr", "ul", "body"}
    | {"h1", "h2", "h3", "h4", "h5", "h6"}
)
_CLOSE = frozenset({"li", "tr", "dt", "dd"})
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_SPACE = re.compile(r"\s+")
_MAIN = "main, article, [role=main]"
_ENOUGH = 400
"""Characters that a page's main part must hold to stand for the whole."""


class _Writer:
    def __init__(self, base: str) -> None:
        self.base = base
        self.out: list[str] = []
        self.fresh = True
        self.blank = True
        self.pre = 0
        self.cells = 0
        self.lists: list[int] = []
        self.links: list[tuple[int, str]] = []

    def write(self, text: str) -> None:
        self.out.append(text)

    def text(self, raw: str) -> None:
        text = raw if self.pre else _SPACE.sub(" ", raw)
        if not self.pre and self.fresh:
            text = text.lstrip()
        if text:
            self.write(text)
            self.fresh = self.blank = False

    def block(self, *, gap: bool) -> None:
        if not self.fresh:
            self.write("\n")
            self.fresh = True
        if gap and not self.blank:
            self.write("\n")
            self.blank = True


def load_page(data: bytes, base: str) -> Document:
    """Return the page as Markdown, its links made whole with the address `base`. The title goes on top."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  only in the child process

    tree: Any = LexborHTMLParser(decode(data, declared=True))
    writer = _Writer(base)
    root = tree.body
    mains = [node for node in tree.css(_MAIN) if len(node.text(deep=True)) > _ENOUGH] if root is not None else []
    root = mains[0] if len(mains) == 1 else root
    title = tree.css_first("title")
    if title is not None and (text := title.text(strip=True)):
        writer.write("# " + " ".join(text.split()) + "\n\n")
    if root is not None:
        walk(root, _skipped, lambda node: _open(node, writer), lambda node: _close(node, writer))
    text = re.sub(r"[ \t]+\n", "\n", "".join(writer.out))
    return Document(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")


def _skipped(node: Any) -> bool:
    return node.tag in _SKIPPED or _hidden(node)


def _hidden(node: Any) -> bool:
    """Tell whether a browser would not show it: what a reader cannot see is not for the model either."""
    if node.tag.startswith("-"):
        return node.tag != "-text"
    said = node.attributes
    style = (said.get("style") or "").replace(" ", "").lower()
    return "hidden" in said or said.get("aria-hidden") == "true" or "display:none" in style or "font-size:0" in style


def _open(node: Any, writer: _Writer) -> None:
    tag = node.tag
    if tag == "-text":
        writer.text(node.text_content or "")
    elif tag == "br":
        writer.write("\n")
        writer.fresh = not writer.pre
    elif tag == "img":
        writer.text(f" {node.attributes.get('alt') or ''} ")
    elif tag in ("td", "th"):
        writer.write(" | " if writer.cells else "")
        writer.cells += 1
    elif tag == "a":
        writer.links.append((len(writer.out), node.attributes.get("href") or ""))
    elif tag in _MARKS or (tag == "code" and not writer.pre):
        writer.text(_MARKS.get(tag, "`"))
    elif tag in _BLOCKS:
        _open_block(tag, writer)


def _open_block(tag: str, writer: _Writer) -> None:
    writer.block(gap=tag not in _CLOSE and not (tag in ("ul", "ol") and writer.lists))
    if tag in _HEADINGS:
        writer.write(_HEADINGS[tag])
    elif tag in ("ul", "ol"):
        writer.lists.append(0 if tag == "ol" else -1)
    elif tag == "li":
        writer.write(_bullet(writer))
    elif tag == "blockquote":
        writer.write("> ")
    elif tag == "pre":
        writer.write("```\n")
        writer.pre += 1
    elif tag == "tr":
        writer.cells = 0


def _bullet(writer: _Writer) -> str:
    indent = "  " * (len(writer.lists) - 1)
    if not writer.lists or writer.lists[-1] < 0:
        return indent + "- "
    writer.lists[-1] += 1
    return f"{indent}{writer.lists[-1]}. "


def _close(node: Any, writer: _Writer) -> None:
    tag = node.tag
    if tag == "a" and writer.links:
        _close_link(writer)
    elif tag in _MARKS or (tag == "code" and not writer.pre):
        writer.write(_MARKS.get(tag, "`"))
    elif tag == "pre" and writer.pre:
        writer.pre -= 1
        writer.write("\n```\n")
        writer.fresh, writer.blank = True, False
    elif tag in ("ul", "ol") and writer.lists:
        writer.lists.pop()
    if tag in _BLOCKS:
        writer.block(gap=tag not in _CLOSE and not writer.lists)


def _close_link(writer: _Writer) -> None:
    begins, href = writer.links.pop()
    words = "".join(writer.out[begins:])
    try:
        there = urljoin(writer.base, href.strip())
    except ValueError:
        return
    said = words.strip()
    if not said or "\n" in said or href.startswith("#") or not there.startswith(("http://", "https://")):
        return
    lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    writer.out[begins:] = [f"{lead}[{said}]({there.replace(')', '%29').replace(' ', '%20')}){tail}"]
