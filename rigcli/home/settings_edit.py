"""Changes to the user's settings file: checked before a byte is written, comments and order kept (tomlkit)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rigcli.core.errors import ConfigError
from rigcli.home.lock import acquire
from rigcli.home.paths import write_private
from rigcli.home.settings_file import parse, parse_file, read_text, unknown
from rigcli.home.settings_table import Setting, check, find, is_section, split
from rigcli.home.settings_table import read_text as read_value

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_SECRETS = ("sk-", "key-", "gsk_", "AIza", "xai-", "hf_", "ghp_")


def set_value(path: Path, key: str, words: list[str]) -> Any:
    """Set a key to what words of a command line say; return the value. Raises ConfigError before anything changed."""
    row = _row(key)
    try:
        if row.kind == "list":
            value = check(row, words) if len(words) != 1 else read_value(row, words[0])
        elif len(words) == 1:
            value = read_value(row, words[0])
        else:
            raise ValueError(f"takes one value, not {len(words)} (put quotes around it)")  # noqa: TRY301  named below
    except ValueError as error:
        raise ConfigError(f"{key} {error}") from None
    _refuse_secret(key, value)
    _change(path, lambda document: _put(document, split(key), value))
    return value


def put_table(path: Path, parts: tuple[str, ...], table: dict[str, Any]) -> None:
    """Write a table of the user's own (`mcp.files`) in place of what was there. Raises ConfigError."""

    def change(document: TOMLDocument) -> None:
        _drop(document, parts)
        for key, value in table.items():
            _put(document, (*parts, key), value)

    _change(path, change)


def add_to_list(path: Path, key: str, item: str) -> bool:
    """Add a text to a list setting, such as a rule to `permits.allow`; tell whether it was new. Raises ConfigError."""
    _row(key)
    parts = split(key)
    added = False

    def change(document: TOMLDocument) -> None:
        nonlocal added
        items = cast("list[str] | None", _at(document, parts))
        if items is None:
            _put(document, parts, [item])
            added = True
        elif item not in items:
            items.append(item)
            added = True

    _change(path, change)
    return added


def unset(path: Path, key: str) -> bool:
    """Take a key, or a whole table of the user's own (`providers.mine`), out of the file; tell whether it was there."""
    parts = split(key)
    if find(key) is None and not is_section(parts):
        raise unknown(key)
    gone = False

    def change(document: TOMLDocument) -> None:
        nonlocal gone
        gone = _drop(document, parts)

    _change(path, change)
    return gone


def _change(path: Path, change: Callable[[TOMLDocument], None]) -> None:
    """Read, change, check, write. A file with a mistake in it is not touched."""
    import tomlkit  # noqa: PLC0415  only where a file is changed

    linked = os.path.islink(path)  # noqa: PTH114  Path.is_symlink() raises where the folder is closed to us
    target = path.resolve() if linked else path  # a link into someone's dotfiles stays a link
    with acquire(path.with_name(".config.lock"), str(path)):
        try:
            text = read_text(target)
        except FileNotFoundError:
            text = ""
        parse(path, text)
        document = tomlkit.parse(text)
        change(document)
        changed = tomlkit.dumps(document)  # pyright: ignore[reportUnknownMemberType]  its stub leaves the mapping open
        try:
            parse_file(path, changed)
        except ConfigError:
            parse_file(path, text)  # a mistake that was there before is told with the line that it has on disk
            raise
        if changed != text:
            write_private(target, changed.encode())


def _put(document: TOMLDocument, parts: tuple[str, ...], value: Any) -> None:
    import tomlkit  # noqa: PLC0415  only where a file is changed

    table: Any = document
    for depth, part in enumerate(parts[:-1], 2):
        if part not in table:
            table[part] = tomlkit.table(is_super_table=depth < len(parts))  # no header for a table of tables
        table = table[part]
    table[parts[-1]] = value


def _at(document: TOMLDocument, parts: tuple[str, ...]) -> Any:
    table: Any = document
    for part in parts:
        if part not in table:
            return None
        table = table[part]
    return table


def _drop(document: TOMLDocument, parts: tuple[str, ...]) -> bool:
    *above, name = parts
    table = _at(document, tuple(above)) if above else document
    if table is None or name not in table:
        return False
    del table[name]
    return True


def _row(key: str) -> Setting:
    row = find(key)
    if row is not None:
        return row
    if split(key)[0] == "keys":
        raise ConfigError(
            f"{key}: keys are not kept in the settings file", hint="rig keys set PROVIDER, or keys.PROVIDER.key_cmd"
        )
    if is_section(split(key)):
        raise ConfigError(f"{key} is a table of settings", hint=f"name one in it: {key}.NAME")
    raise unknown(key)


def _refuse_secret(key: str, value: Any) -> None:
    """A key typed where the name of a variable belongs would end up in a file that people publish."""
    parts = split(key)
    if parts[0] == "providers" and str(value).startswith(_SECRETS):
        raise ConfigError(
            f"{key}: this looks like a key, and the settings file is no place for it",
            hint=f"rig keys set {parts[1]}",
        )
