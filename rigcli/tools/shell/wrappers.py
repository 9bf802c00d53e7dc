"""Programs that run another program: what they run, and whether they only lend it a frame.

A transparent one (nice, timeout, nohup) changes nothing of what its command does, so a rule for the command is enough.
Every other (sudo, env, xargs, `sh -c`) is looked through by whoever forbids, and never for whoever allows.
"""

from __future__ import annotations

from dataclasses import dataclass

from rigcli.tools.shell.programs import Frame, programs

Words = tuple[str | None, ...]
UNKNOWN = "?"
"""Stands for a word that only the running shell knows."""
_EXEC = frozenset({"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"})
_FINDERS = frozenset({"find", "fd", "fdfind"})
_RUN_LINE = frozenset({"/c", "/k", "-command", "--command", "-encodedcommand"})


@dataclass(frozen=True, slots=True)
class Inner:
    """What a command runs besides itself: the words of a command, or a line for a shell."""

    words: Words = ()
    line: str | None = None
    transparent: bool = False


def base_name(word: str | None) -> str:
    """Return the name of a program without its folder: /usr/bin/rm is rm."""
    return (word or "").rsplit("/", 1)[-1].rsplit("\\", 1)[-1].lower().removesuffix(".exe")


def inner_of(words: Words) -> list[Inner]:
    """Return what these words would run besides the program that they name."""
    name = base_name(words[0]) if words else ""
    known = programs()
    found: list[Inner] = []
    if name in known.shells:
        found += _shell(words)
    if name in _FINDERS:
        found += _find(words)
    if name == "env":
        found += [Inner(line=line) for line in _split_string(words)]
    if frame := known.wrappers.get(name):
        found += [Inner(line=line) for line in _after(words, frame.text)]
        rest, plain = _rest(words[1:], frame)
        if rest and frame.joins:
            found.append(Inner(line=" ".join(word or UNKNOWN for word in rest)))
        elif rest:
            found.append(Inner(words=rest, transparent=frame.transparent and plain))
    return found


def _rest(words: Words, frame: Frame) -> tuple[Words, bool]:
    """Return the wrapped command, after options, values and fixed words, and whether each option is a known one."""
    at, skip, plain = 0, frame.skip, True
    while at < len(words):
        word = words[at] or ""
        if word == "--":
            at += 1
            break
        if word.startswith("-") and len(word) > 1:
            plain = plain and word in frame.takes
            at += 2 if word in frame.takes | frame.text else 1
        elif frame.assigns and "=" in word:
            at += 1
        elif skip:
            skip -= 1
            at += 1
        else:
            break
    return words[at + skip :], plain


def _shell(words: Words) -> list[Inner]:
    """`sh -c LINE`, also `bash -lc LINE`, `cmd /c LINE`, `pwsh -Command LINE`."""
    for at, word in enumerate(words[1:-1], 1):
        text = (word or "").lower()
        if text in _RUN_LINE or (text.startswith("-") and not text.startswith("--") and "c" in text):
            return [Inner(line=words[at + 1] or UNKNOWN)]
    return []


def _after(words: Words, names: frozenset[str]) -> list[str]:
    return [words[at + 1] or UNKNOWN for at, word in enumerate(words[:-1]) if word in names]


def _find(words: Words) -> list[Inner]:
    found: list[Inner] = []
    for at, word in enumerate(words):
        if word in _EXEC:
            end = next((i for i in range(at + 1, len(words)) if words[i] in (";", "+")), len(words))
            found.append(Inner(words=words[at + 1 : end]))
    return found


def _split_string(words: Words) -> list[str]:
    lines = _after(words, frozenset({"-S", "--split-string"}))
    for word in words[1:]:
        for prefix in ("-S", "--split-string="):
            if word and word.startswith(prefix) and len(word) > len(prefix):
                lines.append(word[len(prefix) :])
    return lines
