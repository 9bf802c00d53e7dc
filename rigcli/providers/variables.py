"""Rows with places to fill: an API version, a project, a region, an account. Pure: the environment is handed in.

`variables` of a row say what fills `{NAME}`: names of environment variables, the first that is set counts, and a
default written `=VALUE`. Base URL, path (quirks `path` and `edit_path`, `models_path`), query and headers may hold
places. A header or a query field whose value nobody gave is left out: what it stands for may come from elsewhere. In a
path it is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import ConfigError
from rigcli.providers.rows import ProviderRow

_PLACE = re.compile(r"\{(\w+)\}")


def filled(row: ProviderRow, env: Mapping[str, str]) -> ProviderRow:
    """Return the row without places, but for those of the base URL and those no variable is for (`{model}`).

    Raises ConfigError where a path wants what nobody gave.
    """
    if not row.variables:
        return row
    values = {name: value for name, sources in row.variables.items() if (value := value_of(sources, env))}
    quirks: dict[str, Any] = dict(row.quirks)
    for name in ("path", "edit_path"):
        if isinstance(path := quirks.get(name), str):
            quirks[name] = _in_path(path, row, values)
    return replace(
        row,
        base_url=next(
            (
                url
                for named, url in row.base_url_for.items()
                if values.get(named.partition("=")[0]) == named.partition("=")[2]
            ),
            row.base_url,
        ),
        quirks=quirks,
        query=_in_fields(row.query, row, values),
        headers=_in_fields(row.headers, row, values),
        models_path=_in_path(row.models_path, row, values) if row.models_path else row.models_path,
    )


def value_of(sources: tuple[str, ...], env: Mapping[str, str]) -> str | None:
    """Return the first of these that is there: a variable that is set, or the default behind `=`."""
    found = (source[1:] if source.startswith("=") else env.get(source, "").strip() for source in sources)
    return next(filter(None, found), None)


def _in_path(text: str, row: ProviderRow, values: Mapping[str, str]) -> str:
    def fill(place: re.Match[str]) -> str:
        name = place[1]
        if name not in row.variables:
            return place[0]
        if name not in values:
            first = row.variables[name][0]
            raise ConfigError(
                f"{row.name}: no {name} named", hint=f'set {first}, or providers.{row.name}.variables.{name} = "=VALUE"'
            )
        return quote(values[name], safe="")

    return _PLACE.sub(fill, text)


def _in_fields(fields: Mapping[str, str], row: ProviderRow, values: Mapping[str, str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for field, text in fields.items():
        places = {name for name in _PLACE.findall(text) if name in row.variables}
        if places <= values.keys():
            out[field] = _PLACE.sub(lambda place: values.get(place[1], place[0]), text)
    return out
