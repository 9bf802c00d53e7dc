"""Rules about command lines: every command in a line must be allowed, and one that is forbidden anywhere forbids it.

`shell(command=git *)` allows `git log` and `git log | git shortlog`, not `git log; rm -rf ~`, and not what a program is
made to do by its arguments (`git -c core.pager=…`): a rule with a wildcard covers only commands that cannot run others.
A rule without a wildcard covers exactly what it says, as a whole line or as one command of a line.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from rigcli.home.rules import COMMAND_NAMES, Place, Rule, literal
from rigcli.tools.shell.look import Looked, look_through
from rigcli.tools.shell.risky import risk, runner_length
from rigcli.tools.shell.syntax import Simple
from rigcli.tools.shell.wrappers import UNKNOWN, base_name


@dataclass(frozen=True, slots=True)
class Covered:
    """Whether a line is allowed: `rules` are those that allow its commands; without any, `why` not, for a person."""

    rules: tuple[str, ...] = ()
    why: str = ""


def command_of(arguments: Mapping[str, Any]) -> str | None:
    """Return the command line among the arguments of a call, None where there is none."""
    return next((v for name, v in arguments.items() if name in COMMAND_NAMES and isinstance(v, str)), None)


def covered(line: str, rules: Iterable[Rule], tool_name: str, arguments: Mapping[str, Any], place: Place) -> Covered:
    """Tell whether rules that allow cover every command of a line. Looks at no disk but for paths in the rules."""
    speaking = [(rule, glob) for rule in rules if (glob := _glob_of(rule, tool_name, arguments, place)) is not None]
    for rule, glob in speaking:
        if glob == "" or literal(glob) == line:
            return Covered((str(rule),))
    if not speaking:
        return Covered(why="no rule allows it")
    if os.name == "nt":
        return Covered(why="no rule with a wildcard can allow it: the commands of this system are not taken apart")
    looked = look_through(line)
    if looked.doubts:
        return Covered(why=f"no rule with a wildcard can allow it: {looked.doubts[0]}")
    each = [_covering(simple, speaking) for simple in looked.needed]
    if why := next((found.why for found in each if found.why), ""):
        return Covered(why=why)
    return Covered(tuple(dict.fromkeys(rule for found in each for rule in found.rules)))


def told(line: str) -> list[str]:
    """Return the text of every command that a line would run, as far as it can be told."""
    return [simple.text for simple in look_through(line).reached]


def forbidden(
    line: str, rules: Iterable[Rule], tool_name: str, arguments: Mapping[str, Any], place: Place
) -> str | None:
    """Return the rule that speaks of any command of a line, wrappers and substitutions looked through; or None."""
    speaking = [(rule, glob) for rule in rules if (glob := _glob_of(rule, tool_name, arguments, place, wary=True))]
    if not speaking:
        return None
    texts = {line, *(text for simple in look_through(line).reached for text in _forms(simple))}
    return next((str(rule) for rule, glob in speaking if any(_fits(glob, text) for text in texts)), None)


def unclear(line: str, rules: Iterable[Rule], tool_name: str, arguments: Mapping[str, Any], place: Place) -> str | None:
    """Return why rules about commands cannot be held against all of a line; None where they can, or there are none."""
    if not any(_glob_of(rule, tool_name, arguments, place, wary=True) for rule in rules):
        return None
    looked: Looked = look_through(line)
    return looked.doubts[0] if looked.doubts else None


def _glob_of(
    rule: Rule, tool_name: str, arguments: Mapping[str, Any], place: Place, *, wary: bool = False
) -> str | None:
    """Return what a rule says of the command, "" where it says nothing; None where it does not speak of the call."""
    others = tuple((name, glob) for name, glob in rule.arguments if name not in COMMAND_NAMES)
    if not Rule(rule.text, rule.name, others).fits(tool_name, arguments, place, wary=wary):
        return None
    return next((glob for name, glob in rule.arguments if name in COMMAND_NAMES), "")


def _covering(simple: Simple, speaking: Sequence[tuple[Rule, str]]) -> Covered:
    words = simple.known or ()
    for rule, glob in speaking:
        exact = literal(glob)
        if exact is not None and _words_of(exact) == words:
            return Covered((str(rule),))
    bad = risk(words) if words else "it names no program"
    if bad is not None:
        return Covered(why=f"{simple.text}: {bad}")
    text, before = shlex.join(words), runner_length(words)
    for rule, glob in speaking:
        if _fits(glob, text) and _fixed_words(glob) > before:
            return Covered((str(rule),))
    return Covered(why=f"no rule allows {simple.text}")


def _fixed_words(glob: str) -> int:
    """Return how many words a glob names before its first wildcard, at least one."""
    before = re.split(r"[*?\[]", glob, maxsplit=1)[0]
    return max(1, len(before.split()))


def _words_of(line: str) -> tuple[str, ...] | None:
    looked = look_through(line)
    if looked.doubts or len(looked.needed) != 1:
        return None
    return looked.needed[0].known


def _forms(simple: Simple) -> list[str]:
    """Return the ways a rule may write a command: as it stands, quoted, and by the program's bare name."""
    words = [word if word is not None else UNKNOWN for word in simple.words]
    if not words:
        return []
    bare = [base_name(words[0]), *words[1:]]
    return [simple.text, " ".join(words), shlex.join(words), " ".join(bare), shlex.join(bare)]


def _fits(glob: str, text: str) -> bool:
    """Tell whether a glob on commands fits; `ls *` fits plain `ls`, too."""
    return re.fullmatch(translate(glob), text) is not None or (glob.endswith(" *") and _fits(glob[:-2], text))
