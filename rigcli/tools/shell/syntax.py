"""A shell command line taken apart with tree-sitter's grammar of bash: every simple command in it, wherever it hides.

Two answers come out: the commands, and the doubts. Whoever forbids looks at every command; whoever allows needs them
all known, and no doubt. A parser that reads the text otherwise than bash must not allow anything, so only a small part
of the language is without doubt, and each command is read a second time, by shlex.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from rigcli.tools.shell.words import value_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LONGEST = 20_000
DEEPEST = 60
SAFE_VARIABLES = frozenset({"LANG", "LC_ALL", "LC_CTYPE", "TZ", "NO_COLOR", "FORCE_COLOR", "CI", "TERM", "COLUMNS"})
"""Variables that change how a program writes, and not what it runs."""
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")
_TOKENS = frozenset({
    "&&", "||", "|", "|&", ";", "\n", "!", "(", ")", '"', "$(", "`", "<(", ">(", "${", "}", "$", ":-", ":", "-", "$((",
    "))", ">", ">>", "<", "<<", "<<-", "<<<", ">&", "<&", "&>", "&>>", ">|", "=", "+=", '$"',
})  # fmt: skip
_HARMLESS_TARGETS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr"})
_ARGUMENTS = frozenset({
    "word", "number", "raw_string", "string", "concatenation", "simple_expansion", "expansion", "command_substitution",
    "process_substitution", "ansi_c_string", "translated_string", "arithmetic_expansion", "brace_expression", "regex",
    "extglob_pattern",
})  # fmt: skip
_INNER = _ARGUMENTS | {
    "program", "list", "pipeline", "redirected_statement", "negated_command", "subshell", "herestring_redirect",
    "heredoc_body", "variable_name", "heredoc_start", "heredoc_end", "heredoc_content", "file_descriptor", "comment",
    "string_content", "special_variable_name", "command_name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Simple:
    """One simple command: its words (None where only the running shell knows one) and its text."""

    words: tuple[str | None, ...]
    text: str

    @property
    def known(self) -> tuple[str, ...] | None:
        """The words, where all of them are known."""
        return None if None in self.words else tuple(word for word in self.words if word is not None)


@dataclass(slots=True)
class Parsed:
    """Every simple command of a text, in order, and why the list may not be the whole truth."""

    commands: list[Simple] = field(default_factory=list[Simple])
    doubts: list[str] = field(default_factory=list[str])

    def doubt(self, why: str) -> None:
        if why not in self.doubts:
            self.doubts.append(why)


def parse(command: str) -> Parsed:
    """Take a command line apart. Never raises: what cannot be read is a doubt."""
    parsed = Parsed()
    if len(command) > LONGEST:
        parsed.doubt(f"it is longer than {LONGEST:,} characters")
        return parsed
    if odd := _ODD.search(command):
        parsed.doubt(f"it holds the character U+{ord(odd[0]):04X}")
    source = command.encode("utf-8", "replace")
    root = _parser().parse(source).root_node
    if root.has_error:
        parsed.doubt("it cannot be parsed as a whole")
    _walk(root, parsed, 0)
    return parsed


@cache
def _parser() -> Parser:
    import tree_sitter_bash  # noqa: PLC0415  a question without shell commands does not need it
    from tree_sitter import Language, Parser  # noqa: PLC0415  as above

    return Parser(Language(tree_sitter_bash.language()))


def _walk(node: Node, parsed: Parsed, depth: int) -> None:
    if depth > DEEPEST:
        parsed.doubt("it is nested too deep")
        return
    match node.type:
        case "command":
            _command(node, parsed)
        case "file_redirect":
            _redirect(node, parsed)
        case "variable_assignment":
            _assignment(node, parsed)
        case "heredoc_redirect":
            _heredoc(node, parsed)
        case "&":
            parsed.doubt("it leaves a command running behind it")
        case kind if kind not in (_INNER if node.is_named else _TOKENS):
            parsed.doubt(f"it uses {kind.replace('_', ' ')}")
        case _:
            pass
    for child in node.children:
        _walk(child, parsed, depth + 1)


def _command(node: Node, parsed: Parsed) -> None:
    words: list[str | None] = []
    pieces: list[str] = []
    for child in node.children:
        inner = child.children[0] if child.type == "command_name" and child.children else child
        if child.type == "command_name" or child.type in _ARGUMENTS:
            words.append(value_of(inner))
            pieces.append(_text(child))
        elif child.is_named and child.type not in ("variable_assignment", "herestring_redirect", "file_redirect"):
            parsed.doubt(f"it uses {child.type.replace('_', ' ')}")
            words.append(None)
            pieces.append(_text(child))
    simple = Simple(tuple(words), " ".join(pieces))
    parsed.commands.append(simple)
    if (known := simple.known) is None:
        parsed.doubt("a word of it is made only when it runs")
    elif not _read_alike(pieces, known):
        parsed.doubt("it can be read in two ways")


def _read_alike(pieces: list[str], words: tuple[str, ...]) -> bool:
    try:
        return [shlex.split(piece) for piece in pieces] == [[word] for word in words]
    except ValueError:
        return False


def _redirect(node: Node, parsed: Parsed) -> None:
    targets = [child for child in node.children if child.is_named and child.type != "file_descriptor"]
    word = value_of(targets[0]) if len(targets) == 1 else None  # the grammar takes words behind the target for more
    if word in _HARMLESS_TARGETS or (any(c.type in (">&", "<&") for c in node.children) and (word or "").isdigit()):
        return
    parsed.doubt("it reads or writes a file by redirection")


def _heredoc(node: Node, parsed: Parsed) -> None:
    """The grammar does not see every substitution in a body that the shell expands."""
    start = next((_text(child) for child in node.children if child.type == "heredoc_start"), "")
    body = next((_text(child) for child in node.children if child.type == "heredoc_body"), "")
    if not re.search(r"['\"\\]", start) and re.search(r"[`$\\]", body):
        parsed.doubt("it holds a here-document that the shell expands")


def _assignment(node: Node, parsed: Parsed) -> None:
    name = next((_text(child) for child in node.children if child.type == "variable_name"), "")
    if name not in SAFE_VARIABLES:
        parsed.doubt(f"it sets the variable {name or '?'}")


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
