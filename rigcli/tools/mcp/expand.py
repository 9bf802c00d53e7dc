"""`${…}` in what a server is configured with: variables, stored keys, the working folder. Filled in at its start.

$NAME  ${NAME}  ${NAME:-otherwise}  ${env:NAME}      a variable of the environment
${key:NAME}                                          a stored key: rig keys set mcp/…
${workspaceFolder}                                   the working folder
$$                                                   a dollar sign
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rigcli.core.errors import ConfigError
from rigcli.tools.mcp.spec import OAuth, ServerSpec

_BRACED = re.compile(r"\$\$|\$\{([^{}]*)\}")
_ANY = re.compile(r"\$\$|\$\{([^{}]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Filler:
    """Where values come from. `key` returns a stored key, None where there is none."""

    env: Mapping[str, str]
    key: Callable[[str], str | None]
    cwd: str


def references(spec: ServerSpec) -> list[str]:
    """Return what its texts refer to, as written: `$TOKEN`, `${key:mcp/x}`; the working folder is no secret."""
    strict = [spec.command, *spec.args, spec.url, spec.cwd or "", spec.oauth.client_id or ""]
    found = [m[0] for text in strict for m in _BRACED.finditer(text)]
    loose = [*spec.env.values(), *spec.headers.values(), spec.oauth.client_secret or ""]
    found += [m[0] for text in loose for m in _ANY.finditer(text)]
    return [text for text in found if text not in ("$$", "${workspaceFolder}")]


def fill(spec: ServerSpec, filler: Filler) -> ServerSpec:
    """Return the server with every value in place. Raises ConfigError for one that is not there.

    In `env` and `headers` a bare `$NAME` counts too; elsewhere, where a dollar may be part of a pattern, only `${…}`.
    """

    def strict(text: str) -> str:
        return _BRACED.sub(lambda match: _value(match[0], match[1], spec, filler), text)

    def loose(text: str) -> str:
        return _ANY.sub(lambda match: _value(match[0], match[1] or match[2], spec, filler), text)

    oauth = OAuth(
        strict(spec.oauth.client_id) if spec.oauth.client_id else None,
        loose(spec.oauth.client_secret) if spec.oauth.client_secret else None,
        spec.oauth.scopes,
    )
    return replace(
        spec,
        command=strict(spec.command),
        args=tuple(strict(arg) for arg in spec.args),
        cwd=strict(spec.cwd) if spec.cwd else None,
        url=strict(spec.url),
        env={name: loose(value) for name, value in spec.env.items()},
        headers={name: loose(value) for name, value in spec.headers.items()},
        oauth=oauth,
    )


def _value(whole: str, inner: str | None, spec: ServerSpec, filler: Filler) -> str:
    if whole == "$$":
        return "$"
    inner = (inner or "").removeprefix("env:")
    where = f"mcp.{spec.name}"
    if inner == "workspaceFolder":
        return filler.cwd
    if not spec.own:
        raise ConfigError(
            f"{where}: a project's server may not use {whole}", hint=f"add it yourself: rig mcp add {spec.name} …"
        )
    if inner.startswith("key:"):
        name = inner.removeprefix("key:")
        value = filler.key(name)
        if value is None:
            raise ConfigError(f"{where}: no key is stored as {name}", hint=f"rig keys set {name}")
        return value
    name, default, otherwise = inner.partition(":-")
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{where}: cannot read {whole}", hint="write ${NAME}, ${NAME:-otherwise} or ${key:NAME}")
    value = filler.env.get(name)
    if not value and not default:
        raise ConfigError(f"{where}: the variable {name} is not set", hint=f"export {name}=…, or use ${{key:mcp/…}}")
    return value or otherwise
