"""`-o KEY=VALUE`: model options under rig's names; anything else goes to the provider as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from rigcli.core.errors import UsageError
from rigcli.core.requests import Options


def parse_pairs(pairs: Iterable[str], flag: str = "-o") -> dict[str, Any]:
    """Return {key: value} of `key=value` words; a value is JSON where it reads as JSON, else text.

    A key given twice becomes a list. Raises UsageError.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{flag} {pair}: not KEY=VALUE", hint="for example: -o temperature=0.2")
        key = key.strip()
        read = _value(value)
        found[key] = [*_listed(found[key]), read] if key in found else read
    return found


def to_options(values: Mapping[str, Any]) -> Options:
    """Return the options that these values say, each checked. Raises UsageError that names the option."""
    known = {field.name for field in fields(Options)} - {"extra"}
    given: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in values.items():
        if key == "logprobs" and isinstance(value, int) and not isinstance(value, bool):
            given["logprobs"] = True  # a number there is how some providers say top_logprobs
            given.setdefault("top_logprobs", _checked("top_logprobs", value))
        elif key in known:
            given[key] = _checked(key, value)
        else:
            extra[key] = value
    return Options(**given, extra=extra)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]  JSON from the user


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _count(value: Any) -> int:
    if _whole(value) < 0:
        raise TypeError("a whole number, 0 or more")
    return int(value)


def _at_least_one(value: Any) -> int:
    if _whole(value) < 1:
        raise TypeError("a whole number, 1 or more")
    return int(value)


def _cache(value: Any) -> str:
    word = {False: "off", True: "auto"}.get(value, value) if isinstance(value, bool) else value
    if word not in ("off", "auto", "1h"):
        raise TypeError("off, auto or 1h")
    return str(word)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item if isinstance(item, str) else json.dumps(item) for item in _listed(value))


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "temperature": _number,
    "top_p": _number,
    "max_tokens": _whole,
    "stop": _texts,
    "seed": _whole,
    "reasoning_effort": str,
    "thinking_budget": _whole,
    "verbosity": str,
    "tool_choice": str,
    "parallel_tool_calls": _flag,
    "cache": _cache,
    "logprobs": _flag,
    "top_logprobs": _count,
    "n": _at_least_one,
}


def _checked(key: str, value: Any) -> Any:
    try:
        return _CHECKS[key](value)
    except TypeError as error:
        raise UsageError(f"-o {key}={value}: must be {error}") from None
