"""Tools in files of a folder: `NAME.py` with functions under `@tool`, `NAME.toml` with a command line.

A listing imports nothing: the names in a Python file are read from its syntax. A file is imported when one of its tools
is chosen. What is wrong with a file is one line, and no reason to be without the others.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

from rigcli.core.errors import ConfigError
from rigcli.tools.registry import Offer

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_MOST_BYTES: Final = 1 << 20


def offers_in(folder: Path, warn: Callable[[str], None]) -> dict[str, Offer]:
    """Return the tools in a folder's files by name; `warn` is told of each file that cannot be read."""
    found: dict[str, Offer] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix not in (".py", ".toml") or path.name.startswith(("_", ".")) or not path.is_file():
            continue
        try:
            for offer in _in_python(path) if path.suffix == ".py" else _in_toml(path):
                if offer.name in found:
                    warn(f"{path}: a tool {offer.name} is in {found[offer.name].source} already")
                found.setdefault(offer.name, offer)
        except ConfigError as error:
            warn(error.line())
    return found


def _in_python(path: Path) -> Iterator[Offer]:
    try:
        tree = ast.parse(_text(path), str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise ConfigError(f"{path}{f':{line}' if line else ''}: {getattr(error, 'msg', None) or error}") from None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if (name := _tool_name(decorator, node.name)) is not None:
                    yield Offer(name, str(path), _loader(path, node.name))


def _tool_name(decorator: ast.expr, function: str) -> str | None:
    """Return the name that `@tool` gives a function, None where the decorator is another one."""
    call = decorator if isinstance(decorator, ast.Call) else None
    target = call.func if call else decorator
    called = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
    if called != "tool":
        return None
    for keyword in call.keywords if call else ():
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            return keyword.value.value
    return function


def _loader(path: Path, function: str) -> Callable[[], Any]:
    def load() -> Any:
        return getattr(_module(path), function)

    return load


def _module(path: Path) -> Any:
    """Import a file under a name of its own, once; what it prints goes to stderr. Raises ConfigError."""
    name = f"rig_tools_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        del sys.modules[name]
        raise
    except BaseException as error:  # noqa: BLE001  a file may raise anything, SystemExit included
        del sys.modules[name]
        said = " ".join(str(error).split())[:200]
        raise ConfigError(f"{path}: {type(error).__name__}" + (f": {said}" if said else "")) from None
    return module


def _in_toml(path: Path) -> Iterator[Offer]:
    from rigcli.tools.command_tool import make, read_command  # noqa: PLC0415  only where there is one

    command = read_command(path, _text(path))
    if not _NAME.fullmatch(command.name):
        raise ConfigError(f"{path}: name {command.name!r}: letters, digits, _ and - only, at most 64")
    yield Offer(command.name, str(path), lambda: make(command))


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > _MOST_BYTES:
            raise ConfigError(f"{path}: more than {_MOST_BYTES >> 20} MiB")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None
