"""Which commands a rule with a wildcard covers.

`allow = ["shell(command=git *)"]` says yes to `git log`, not to `git -c core.pager='rm -rf ~' log`: whoever wrote the
rule thought of the first. A rule without a wildcard covers what it says.
"""

from __future__ import annotations

import re

from rigcli.tools.shell.programs import Risk, programs
from rigcli.tools.shell.wrappers import base_name

_VERSIONED = re.compile(r"(python|pypy|perl|ruby|lua|php|node|gcc|clang)[\d.-]+$")
_SED_PART = r"(?:(?!(?P=cut))[^\\\n]|\\[^\n])*"
_SED_SCRIPT = re.compile(
    r"(\d+|\$)?(,(\d+|\$))?!?[pdq=]"
    rf"|(\d+(,(\d+|\$))?)?s(?P<cut>[/|#,@]){_SED_PART}(?P=cut){_SED_PART}(?P=cut)[gpi0-9I]*"
)
_SED_FLAGS = re.compile(r"-[nErusz]+|--(quiet|silent|regexp-extended|posix)")


def risk(words: tuple[str, ...]) -> str | None:
    """Return why a rule with a wildcard does not cover a command, or None where it does."""
    name, known = base_name(words[0]), programs()
    if "/" in words[0] or "\\" in words[0]:
        return f"{words[0]} is a program by its path"
    if name in known.interpreters | known.shells or name in known.wrappers or _VERSIONED.match(name):
        return f"{name} can run anything"
    if "=" in words[0] or not name:
        return f"{words[0]!r} is no plain name of a program"
    if name in ("sed", "gsed"):
        return _sed(words)
    found = known.risks.get(name)
    bad = next((word for word in words[1:] if found and _is_bad(word, found)), None)
    if bad is None and name == "git":
        bad = _git(words)
    return None if bad is None else f"{name} {bad} can do more than it says"


def runner_length(words: tuple[str, ...]) -> int:
    """Return how many words stand before what is really run: `uv run pytest` has two; 0 where nothing is run."""
    return max((len(runner) for runner in programs().runners if words[: len(runner)] == runner), default=0)


def _is_bad(word: str, found: Risk) -> bool:
    if word.startswith("--"):
        name = word.partition("=")[0]
        return len(name) > 2 and any(bad.startswith(name) or name.startswith(bad) for bad in found.long)  # noqa: PLR2004  `--`
    if word.startswith("-") and any(letter in word[1:] for letter in found.short):
        return True
    return bool(found.words) and re.match(found.words, word) is not None


def _git(words: tuple[str, ...]) -> str | None:
    for word in words[1:]:
        if not word.startswith("-"):
            return word if word in programs().git_verbs else None
        if word not in programs().git_globals:
            return word
    return None


def _sed(words: tuple[str, ...]) -> str | None:
    """Only printing, deleting and substituting lines on the way through: sed can also write files and run programs."""
    scripts: list[str] = []
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        flag = rest.pop(0)
        if flag in ("-e", "--expression") and rest:
            scripts.append(rest.pop(0))
        elif not _SED_FLAGS.fullmatch(flag):
            return f"sed {flag} can do more than it says"
    if not scripts and rest:
        scripts.append(rest.pop(0))
    if any(word.startswith("-") for word in rest):
        return "sed takes options behind its files, too"
    plain = all(_SED_SCRIPT.fullmatch(step.strip()) for script in scripts for step in script.split(";"))
    return None if plain else "a script of sed can write files and run programs"
