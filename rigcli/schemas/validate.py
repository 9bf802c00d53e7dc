"""Check a value against a JSON Schema, in bounded time and without a network, and say what is wrong so that it helps.

Drafts 4 to 2020-12 (the one that `$schema` names, else 2020-12) by jsonschema-rs: its regular expressions are searched
in linear time, or with a limit where they look around. Imported when there is something to check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, cast

from rigcli.core.errors import UsageError
from rigcli.schemas.bounds import MOST_DEEP, depth, reckon

MOST_TOLD: Final = 8
"""Problems that are told of one value."""
_MOST_STEPS: Final = 2_000_000
_BACKTRACKS: Final = 100_000
_SHOWN: Final = 160
_DRAFTS: Final = {"draft-04": "Draft4", "draft-06": "Draft6", "draft-07": "Draft7", "2019-09": "Draft201909"}


class Validator:
    """One schema, ready to check values.

    `formats` checks `format` too, which JSON Schema itself leaves open. `remotes` are schemas by address that a `$ref`
    may name; any other address is an error, never a request. Raises UsageError where it is no schema, or one that
    would take too long.
    """

    def __init__(self, schema: Any, *, formats: bool = True, remotes: Mapping[str, Any] | None = None) -> None:
        if not isinstance(schema, dict | bool):
            raise UsageError("schema: a JSON Schema is an object", hint="for example {'type': 'object', …}")
        self.schema: dict[str, Any] | bool = cast("dict[str, Any] | bool", schema)
        self._parts, self._loops = reckon(schema)
        self._checker = _checker(schema=self.schema, formats=formats, remotes=remotes or {})

    def errors(self, value: Any) -> tuple[str, ...]:
        """Return what is wrong with a value, a clause each, in words that a model can act on; nothing where it fits."""
        levels = depth(value)
        if levels > MOST_DEEP:
            return (f"the value: nested too deep ({MOST_DEEP} levels at most)",)
        try:
            if self._checker.is_valid(value):
                return ()
        except UnicodeEncodeError:
            return ("the value: a text in it holds half a surrogate pair, which is no Unicode",)
        except ValueError as error:
            return (f"the value: it cannot be checked: {error}",)
        if self._loops > 1 and self._parts * min(self._loops, 8) ** min(levels, 64) > _MOST_STEPS:
            return ("the value: it does not match the schema, and is nested too deep to say where",)
        return tuple(_told(self._checker.iter_errors(value)))


def fitting(schema: Any) -> Validator | None:
    """Return the validator of a stranger's schema, None where it is none: then whoever wrote it has to check."""
    try:
        return Validator(schema)
    except UsageError:
        return None


def _checker(*, schema: dict[str, Any] | bool, formats: bool, remotes: Mapping[str, Any]) -> Any:
    import jsonschema_rs  # noqa: PLC0415  22 ms that only what checks something should pay

    def found(address: str) -> Any:
        try:
            return remotes[address]
        except KeyError:
            raise ValueError(f"{address} is not known here, and nothing is fetched") from None

    named = str(schema.get("$schema", "")) if isinstance(schema, dict) else ""
    draft = next((kind for mark, kind in _DRAFTS.items() if mark in named), "Draft202012")
    try:
        return getattr(jsonschema_rs, f"{draft}Validator")(
            schema,
            validate_formats=formats,
            retriever=found,
            pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKS),
        )
    except jsonschema_rs.ValidationError as error:
        where = "/".join(map(str, error.instance_path))
        raise UsageError(f"schema: {f'at {where}: ' if where else ''}{_cut(error.message)}") from None
    except (ValueError, UnicodeEncodeError, jsonschema_rs.ReferencingError) as error:
        raise UsageError(f"schema: {_cut(str(error).splitlines()[0])}") from None


def _told(errors: Iterable[Any]) -> Iterator[str]:
    rest = iter(errors)
    yield from dict.fromkeys(clause for error in islice(rest, MOST_TOLD) for clause in _clauses(error))
    if next(rest, None) is not None:
        yield "and more"


def _clauses(error: Any) -> Iterator[str]:
    where = _where(error.instance_path)
    kind: str = error.kind.name
    if kind == "required":
        yield f"{_where([*error.instance_path, error.kind.value])}: required, but missing"
    elif kind in ("additionalProperties", "unevaluatedProperties"):
        for name in error.kind.value:
            yield f"{_where([*error.instance_path, name])}: there is no such property"
    elif kind in ("anyOf", "oneOf") and (nearest := _nearest(error)):
        yield f"{where}: fits none of the alternatives; the nearest: {'; '.join(nearest)}"
    elif kind == "falseSchema":
        yield f"{where}: nothing may stand here"
    elif kind == "format":
        yield f"{where}: no {error.kind.value}: {_shown(error.instance)}"
    elif kind == "pattern":
        yield f"{where}: {_shown(error.instance)} does not match the pattern {_cut(str(error.kind.value))}"
    else:
        yield f"{where}: {_cut(error.message)}"


def _nearest(error: Any) -> tuple[str, ...]:
    """Return what the alternative says that got furthest: whose own type fits, with the fewest problems."""
    branches: list[list[Any]] = [branch for branch in getattr(error.kind, "context", ()) if branch]
    if not branches:
        return ()
    here = len(error.instance_path)

    def distance(branch: list[Any]) -> tuple[bool, int]:
        off = any(each.kind.name in ("type", "const", "enum") and len(each.instance_path) <= here for each in branch)
        return off, len(branch)

    if all(off for off, _ in map(distance, branches)):  # it is of none of their kinds: name them all
        return tuple(dict.fromkeys(clause for branch in branches[:4] for clause in _clauses(branch[0])))
    return tuple(clause for each in min(branches, key=distance)[:3] for clause in _clauses(each))


def _where(path: Iterable[Any]) -> str:
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else str(step)
    return shown or "the value"


def _shown(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    """Keep head and tail: the message begins with the value and ends with what is wrong with it."""
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]} … {text[-_SHOWN // 2 :]}"
