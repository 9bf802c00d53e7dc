"""Front matter: the table at the beginning of a Markdown file, between `---` lines (YAML) or `+++` lines (TOML)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from rigcli.core.errors import ConfigError
from rigcli.home.settings_file import parse as parse_toml

_FENCED: Final = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?\n)?\1[ \t]*(?:\n|\Z)", re.DOTALL)


def read(path: Path, text: str) -> tuple[dict[str, Any], str]:
    """Return the table and the body; a text without front matter is all body. Raises ConfigError."""
    found = _FENCED.match(text)
    if found is None:
        if re.match(r"(---|\+\+\+)[ \t]*\n", text):
            raise ConfigError(f"{path}:1: the front matter has no end", hint=f"close it with a line {text[:3]}")
        return {}, text.strip()
    body = text[found.end() :].strip()
    source = found[2] or ""
    return (_yaml(path, source) if found[1] == "---" else parse_toml(path, "\n" + source)), body


def check_keys(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Raise ConfigError for a key that is none of these, with the near one."""
    known = list(known)
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"the keys are: {', '.join(known)}"
            raise ConfigError(f"{where}: unknown key {key!r}", hint=hint)


def text_of(table: Mapping[str, Any], key: str, where: str) -> str | None:
    """Return a text, None where it is not said. Raises ConfigError."""
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{where}: {key} must be a text, not {value!r}")
    return value


def texts_of(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...] | None:
    """Return a list of texts, None where it is not said; one text alone, or with commas, will do.

    Raises ConfigError.
    """
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    texts = [item for item in items if isinstance(item, str) and item.strip()]
    if len(texts) != len(items):
        raise ConfigError(f"{where}: {key} must be a list of texts, not {value!r}")
    return tuple(texts)


def table_of(table: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """Return a table, empty where it is not said. Raises ConfigError."""
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: {key} must be a table, not {value!r}")
    return cast("dict[str, Any]", value)


def _yaml(path: Path, source: str) -> dict[str, Any]:
    yaml: Any = import_module("yaml")  # only such files need it; its types are in a package of stubs

    try:
        # A chain of aliases can be a few bytes here and gigabytes in memory.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(source, yaml.SafeLoader)):
            raise ConfigError(f"{path}: aliases (*name) are not read in front matter")
        table: Any = yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 2}" if error.problem_mark else ""
        raise ConfigError(f"{path}{line}: {error.problem or 'not YAML'}", hint="mend the front matter") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: front matter: {' '.join(str(error).split())}") from None
    if table is None:
        return {}
    if not isinstance(table, dict) or not all(isinstance(key, str) for key in cast("dict[Any, Any]", table)):
        raise ConfigError(f"{path}: the front matter must be a table: KEY: VALUE")
    return cast("dict[str, Any]", table)
