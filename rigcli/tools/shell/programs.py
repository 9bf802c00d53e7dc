"""What is known of programs (`programs.toml`), read once where a command line is judged."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Frame:
    """How a wrapper is written: see `programs.toml`."""

    takes: frozenset[str]
    text: frozenset[str]
    skip: int
    transparent: bool
    assigns: bool
    joins: bool


@dataclass(frozen=True, slots=True)
class Risk:
    """Long options (any abbreviation counts), letters of short options, and a pattern for the beginning of words."""

    long: tuple[str, ...]
    short: str
    words: str


@dataclass(frozen=True, slots=True)
class Programs:
    """The tables of `programs.toml`."""

    shells: frozenset[str]
    interpreters: frozenset[str]
    runners: tuple[tuple[str, ...], ...]
    git_verbs: frozenset[str]
    git_globals: frozenset[str]
    wrappers: dict[str, Frame]
    risks: dict[str, Risk]


@cache
def programs() -> Programs:
    """Return the tables."""
    text = resources.files("rigcli.tools.shell").joinpath("programs.toml").read_text("utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    return Programs(
        shells=frozenset(data["shells"]),
        interpreters=frozenset(data["interpreters"]),
        runners=tuple(tuple(runner.split()) for runner in data["runners"]),
        git_verbs=frozenset(data["git_verbs"]),
        git_globals=frozenset(data["git_globals"]),
        wrappers={name: _frame(row) for name, row in data["wrappers"].items()},
        risks={name: _risk(row) for row in data["risks"] for name in row["names"].split()},
    )


def _frame(row: dict[str, Any]) -> Frame:
    return Frame(
        takes=frozenset(row.get("takes", "").split()),
        text=frozenset(row.get("text", "").split()),
        skip=row.get("skip", 0),
        transparent=row.get("transparent", False),
        assigns=row.get("assigns", False),
        joins=row.get("joins", False),
    )


def _risk(row: dict[str, Any]) -> Risk:
    return Risk(tuple(f"--{name}" for name in row.get("long", "").split()), row.get("short", ""), row.get("words", ""))
