"""One file: its bytes, its hash, its text and the passages of it."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass, replace
from pathlib import PurePath

from rigcli.rag.loaders.child import ParserChild
from rigcli.rag.loaders.document import Document, LoadError
from rigcli.rag.loaders.table import Kind, kind_of
from rigcli.rag.loaders.text import load_text
from rigcli.rag.split import Passage, split
from rigcli.rag.stores.records import Piece

_HEAD = 8192
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NAME_WORDS = re.compile(r"[^\W_]+")


class BinaryFileError(LoadError):
    """No text and no format that is known: left out without a complaint."""


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a file and what they are."""

    path: str
    data: bytes
    digest: bytes
    kind: Kind


def read_source(path: str, max_size: int) -> Source:
    """Read a regular file that is no link. Raises LoadError, BinaryFileError (after the first bytes), OSError."""
    fd = os.open(path, _FLAGS)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise LoadError("is not a regular file")
        head = file.read(_HEAD)
        kind = kind_of(path, head)
        if kind is None:
            raise BinaryFileError("is binary")
        data = head + file.read(max_size + 1 - len(head))
    if len(data) > max_size:
        raise LoadError("grew while it was read")
    return Source(path, data, hashlib.blake2b(data, digest_size=16).digest(), kind)


def load(source: Source, child: ParserChild) -> Document:
    """Return the text of a file. Raises LoadError."""
    if source.kind.loader == "text":
        return load_text(source.data)
    return child.parse(source.kind.loader, source.data)


def pieces(source: Source, document: Document) -> list[Piece]:
    """Return the passages of a document, ready for the index."""
    name = name_words(source.path)
    text = document.text
    cut = split(text, source.kind.structure)
    found: list[Piece] = []
    for number, passage in enumerate(cut, start=1):
        following = cut[number].start if number < len(cut) else len(text)
        placed = _placed(passage, document)
        body = text[passage.start : passage.end]
        key = hashlib.blake2b(to_embed(placed.heading, body).encode("utf-8", "replace"), digest_size=16).digest()
        found.append(Piece(placed, f"{name}\n{placed.heading}", body, text[passage.end : following], key))
    return found


def to_embed(heading: str, text: str) -> str:
    """Return the text that is embedded for a passage: the headings above it tell what it is about."""
    return f"{heading}\n{text}" if heading else text


def name_words(path: str) -> str:
    """Return the words of a file's name, to be searched with its passages."""
    return " ".join(_NAME_WORDS.findall(PurePath(path).stem))


def _placed(passage: Passage, document: Document) -> Passage:
    """Return the passage with the lines of the source file, and its page where it has one."""
    first = document.place(passage.start)
    last = document.place(max(passage.start, passage.end - 1))
    if first is None or last is None:
        return passage
    lines = (first[0], max(first[0], last[0])) if first[0] else passage.lines
    heading = " > ".join(part for part in (first[1], passage.heading) if part)
    return replace(passage, lines=lines, heading=heading)
