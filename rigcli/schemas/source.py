"""A schema as a user names it: a file, JSON, a pydantic class (`module:Class`), or the short form."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from rigcli.core.errors import UsageError
from rigcli.schemas.short import read_short

_CLASS = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def read_schema(given: str, cwd: Path) -> dict[str, Any]:
    """Return the JSON Schema that `given` names. Raises UsageError."""
    text = given.strip()
    if not text:
        raise UsageError("--schema: empty", hint='a file, JSON, module:Class, or "name, age int"')
    if text.startswith("{") and (found := _json(text)) is not None:
        return found
    path = cwd / Path(text).expanduser()
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if is_file:
        return _from_file(path, text)
    if _CLASS.fullmatch(text):
        return of_class(_imported(text, cwd))
    if text.endswith(".json") or "/" in text.split(",")[0].split(" ")[0]:
        raise UsageError(f"--schema {text}: there is no such file")
    return read_short(text)


def of_class(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema of a pydantic model, a dataclass, a TypedDict or any other type that pydantic knows."""
    from pydantic import PydanticUserError, TypeAdapter  # noqa: PLC0415  heavy, and few schemas are classes

    try:
        return TypeAdapter(kind).json_schema()
    except PydanticUserError as error:
        raise UsageError(f"schema: {error.message.splitlines()[0]}") from None


def _from_file(path: Path, shown: str) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--schema {shown}: {error}") from None
    found = _json(text)
    if found is None:
        raise UsageError(f"--schema {shown}: not a JSON object", hint="a JSON Schema is one")
    return found


def _json(text: str) -> dict[str, Any] | None:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _imported(name: str, cwd: Path) -> Any:
    module, _, attribute = name.partition(":")
    sys.path.insert(0, str(cwd))
    try:
        return getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:  # noqa: BLE001  the user's own module: one line says what it raised
        raise UsageError(f"--schema {name}: {type(error).__name__}: {error}") from None
    finally:
        sys.path.remove(str(cwd))
