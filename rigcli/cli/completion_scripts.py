"""The commands as a tree of names, and that tree as a script for each shell. The scripts start no process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from rigcli.cli.flag_table import FLAGS
from rigcli.cli.table import COMMANDS


@dataclass(frozen=True)
class Flag:
    """`names` as typed; `values` are the allowed words where there is a closed set; a bare flag takes no value."""

    names: tuple[str, ...]
    help: str
    bare: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    """A command or subcommand; `path` is how it is typed, the empty path is `rig` itself."""

    path: tuple[str, ...]
    help: str
    flags: tuple[Flag, ...]
    children: tuple[Node, ...] = ()
    words: tuple[str, ...] = ()

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()


def tree() -> Node:
    """Return everything that can be typed; imports every command, so it is for generating scripts only."""
    from rigcli.cli.app import load

    children = tuple(_node((name,), load(name), row.help) for name, row in COMMANDS.items())
    return Node(
        (),
        "",
        (Flag(("--help",), "Show help", bare=True), Flag(("--version",), "Show the version", bare=True)),
        children,
    )


def _node(path: tuple[str, ...], command: Any, help_: str | None = None) -> Node:
    flags = tuple(_flag(param) for param in command.params if param.param_type_name == "option" and not param.hidden)
    words = tuple(w for p in command.params if p.param_type_name == "argument" for w in _choices(p))
    if path == ("completions",):
        words = tuple(SHELLS)
    children = tuple(_node((*path, name), sub) for name, sub in sorted(getattr(command, "commands", {}).items()))
    return Node(
        path, help_ or _first_line(command.help), (*flags, Flag(("--help",), "Show help", bare=True)), children, words
    )


def _flag(param: Any) -> Flag:
    names = (*param.opts, *param.secondary_opts)
    values = _choices(param) or next((flag.words for flag in FLAGS.values() if set(flag.names) & set(names)), ())
    return Flag(names, _first_line(param.help), bare=bool(param.is_flag), values=values)


def _choices(param: Any) -> tuple[str, ...]:
    """Return the words of a parameter that is declared as a Literal, alone, optional or in a list."""
    return tuple(_literals(param.type_descriptor.annotation))


def _literals(annotation: Any) -> Iterator[str]:
    for argument in get_args(annotation):
        if isinstance(argument, str):
            yield argument
        else:
            yield from _literals(argument)


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0].rstrip(".")


def _words(node: Node) -> list[str]:
    return (
        [child.path[-1] for child in node.children] + list(node.words) + [name for f in node.flags for name in f.names]
    )


def bash(root: Node) -> str:
    cases = "\n".join(f'        "{" ".join(node.path)}") words="{" ".join(_words(node))}" ;;' for node in root.walk())
    values = "\n".join(
        f'        {"|".join(_quoted(place) for place in places)}) words="{" ".join(words)}" ;;'
        for places, words in _values(root)
    )
    paths = " ".join(f"[{' '.join(node.path)}]" for node in root.walk() if node.path)
    return f"""# bash completion for rig, made by `rig completions bash`
_rig() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" path="" words="" next i
    for ((i = 1; i < COMP_CWORD; i++)); do
        next="${{path:+$path }}${{COMP_WORDS[i]}}"
        case " {paths} " in
            *"[$next]"*) path="$next" ;;
        esac
    done
    case "$path $prev" in
{values}
    esac
    if [[ -n "$words" ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        return
    fi
    case "$path" in
{cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    if [[ "$cur" != -* ]]; then
        COMPREPLY+=($(compgen -f -- "$cur"))
    fi
}}
complete -o filenames -o bashdefault -F _rig rig
"""


def _quoted(text: str) -> str:
    return f'"{text}"'


def zsh(root: Node) -> str:
    functions = "\n".join(_zsh_function(node) for node in root.walk())
    return f'#compdef rig\n# zsh completion for rig, made by `rig completions zsh`\n{functions}\n_rig "$@"\n'


def _zsh_function(node: Node) -> str:
    name = "_".join(("_rig", *node.path)).replace("-", "_")
    lines = [f"{name}() {{", "    local line state", "    _arguments -C \\"]
    for flag in node.flags:
        for spelled in flag.names:
            value = "" if flag.bare else f":value:({' '.join(flag.values)})" if flag.values else ":value:_files"
            lines.append(f"        '{spelled}[{_zsh_quoted(flag.help)}]{value}' \\")
    if node.children:
        lines += ["        '1: :->command' '*::arg:->args'", "    case $state in", "        command)"]
        rows = " ".join(f"'{child.path[-1]}:{_zsh_quoted(child.help)}'" for child in node.children)
        lines += [
            f"            local -a commands=({rows})",
            "            _describe 'command' commands ;;",
            "        args)",
        ]
        lines.append("            case $line[1] in")
        for child in node.children:
            function = "_".join(("_rig", *child.path)).replace("-", "_")
            lines.append(f"                {child.path[-1]}) {function} ;;")
        lines += ["            esac ;;", "    esac"]
    elif node.words:
        lines.append(f"        '*:word:({' '.join(node.words)})'")
    else:
        lines.append("        '*:file:_files'")
    return "\n".join([*lines, "}"])


def _zsh_quoted(text: str) -> str:
    return text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def fish(root: Node) -> str:
    lines = ["# fish completion for rig, made by `rig completions fish`"]
    names = " ".join(child.path[0] for child in root.children)
    for node in root.walk():
        if not node.path:
            where = f"not __fish_seen_subcommand_from {names}"
        else:
            where = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in node.path)
        for child in node.children:
            inner = where
            if node.path:
                inner += f"; and not __fish_seen_subcommand_from {' '.join(c.path[-1] for c in node.children)}"
            lines.append(f"complete -c rig -f -n '{inner}' -a {child.path[-1]} -d '{_fish_quoted(child.help)}'")
        lines += [f"complete -c rig -f -n '{where}' -a {word}" for word in node.words]
        for flag in node.flags:
            spelled = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in flag.names)
            value = "" if flag.bare else f" -x -a '{' '.join(flag.values)}'" if flag.values else " -r"
            lines.append(f"complete -c rig -n '{where}' {spelled}{value} -d '{_fish_quoted(flag.help)}'")
    return "\n".join(lines) + "\n"


def _fish_quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def powershell(root: Node) -> str:
    rows = "\n".join(f"    '{' '.join(node.path)}' = @({_ps_list(_words(node))})" for node in root.walk())
    values = "\n".join(f"    '{place}' = @({_ps_list(words)})" for places, words in _values(root) for place in places)
    return f"""# PowerShell completion for rig, made by `rig completions powershell`
Register-ArgumentCompleter -Native -CommandName rig -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @{{
{rows}
    }}
    $values = @{{
{values}
    }}
    $path = ''
    $previous = ''
    foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {{
        if ($element.Extent.EndOffset -ge $cursorPosition) {{ break }}
        $previous = $element.ToString()
        $next = ("$path $previous").Trim()
        if ($words.ContainsKey($next)) {{ $path = $next }}
    }}
    $place = "$path $previous"
    $found = if ($values.ContainsKey($place)) {{ $values[$place] }} else {{ $words[$path] }}
    $found | Where-Object {{ $_ -like "$wordToComplete*" }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }}
}}
"""


def _ps_list(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _values(root: Node) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return, for each closed set of words, the places (`ask --format`) where it can be typed."""
    found: dict[tuple[str, ...], list[str]] = {}
    for node in root.walk():
        for flag in node.flags:
            if flag.values:
                found.setdefault(flag.values, []).extend(f"{' '.join(node.path)} {name}" for name in flag.names)
    return [(places, words) for words, places in found.items()]


SHELLS: dict[str, Callable[[Node], str]] = {"bash": bash, "zsh": zsh, "fish": fish, "powershell": powershell}
FILE_NAMES = {"bash": "rig.bash", "zsh": "_rig", "fish": "rig.fish", "powershell": "rig.ps1"}
"""What each script is called under completions/."""
