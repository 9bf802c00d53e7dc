"""What a store takes in and gives back."""

from __future__ import annotations

from dataclasses import dataclass

from rigcli.rag.split import Passage


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as it was when it was read; `mtime` is in nanoseconds, `problem` says why nothing of it is indexed."""

    id: int
    size: int
    mtime: int
    hash: bytes | None
    kind: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage on its way into the index.

    `context` (headings and the words of the file's name) is searched with the text; `tail` is the white space up to
    the next passage; `key` is the hash of what is embedded, so that equal texts share a vector.
    """

    passage: Passage
    context: str
    text: str
    tail: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """One passage as stored, with the path of its file; `tail` is the white space up to the next passage."""

    id: int
    path: str
    start: int
    end: int
    lines: tuple[int, int]
    heading: str
    text: str
    tail: str


@dataclass(frozen=True, slots=True)
class Counts:
    files: int
    problems: int
    passages: int
    embedded: int
    characters: int
