"""Templates: `{{name}}` in a text, filled in once by sandboxed Jinja2.

A value is put in as it is: what stands in it, `{{…}}` of a model's included, is never expanded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from rigcli.core.errors import ConfigError, UsageError

INPUT = "input"
"""The parameter that is what the user says: the prompt and what is piped in."""


def parameters_of(text: str, where: str) -> list[str]:
    """Return the names that a template uses, in alphabetical order. Raises ConfigError for one that is wrong."""
    from jinja2 import TemplateSyntaxError, meta  # noqa: PLC0415  only templates need it

    try:
        return sorted(meta.find_undeclared_variables(_environment().parse(text)))
    except (TemplateSyntaxError, RecursionError) as error:
        raise ConfigError(f"{where}{_line(error)}: template: {error}", hint="mend the template") from None


def render(text: str, values: Mapping[str, Any], where: str) -> str:
    """Return the text with its parameters filled in. Raises UsageError for one without a value, ConfigError."""
    from jinja2 import TemplateError, UndefinedError  # noqa: PLC0415  as above

    try:
        return _environment().from_string(text).render(**values)
    except UndefinedError as error:
        raise UsageError(f"{where}: {error}") from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, OverflowError, RecursionError) as error:
        raise ConfigError(f"{where}{_line(error)}: template: {error}", hint="mend the template") from None


def filled(given: Mapping[str, str], names: Sequence[str], defaults: Mapping[str, Any], who: str) -> dict[str, Any]:
    """Return the values of all parameters: what was given, else the defaults.

    Raises UsageError that names what is missing, or a parameter that is none, with the near one.
    """
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1, cutoff=0.5)
            there = f"did you mean {near[0]}?" if near else f"it has {', '.join(names) or 'none'}"
            raise UsageError(f"{who}: no parameter {name!r}", hint=there)
    missing = [name for name in names if name not in given and name not in defaults]
    if missing:
        words = " ".join(f"-p {name}=…" for name in missing)
        raise UsageError(f"{who}: needs {', '.join(missing)}", hint=words)
    return {**defaults, **given}


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Return the parameters that `-p KEY=VALUE` say. Raises UsageError."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"-p {word}: is no KEY=VALUE")
        found[name.strip()] = value
    return found


def _environment() -> Any:
    from jinja2 import StrictUndefined  # noqa: PLC0415  as above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415  as above

    # The texts are prompts, nothing that a browser reads.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)


def _line(error: Exception) -> str:
    number = getattr(error, "lineno", None)
    return f":{number}" if number else ""
