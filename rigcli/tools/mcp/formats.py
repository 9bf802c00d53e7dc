"""How other programs write servers down, read into tables of rig's own kind. Pure; nothing is started.

`mcpServers` (Claude Desktop, Claude Code, Cursor and most others), `servers` as an object (VS Code), `servers` as a
list with a `source` (mistral.rs), `context_servers` (Zed). Comments and trailing commas are allowed, as in editors.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from rigcli.core.errors import ConfigError

_TRANSPORTS = {
    "stdio": "stdio",
    "http": "http",
    "streamable-http": "http",
    "streamablehttp": "http",
    "streamable_http": "http",
    "sse": "sse",
}
_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)


def read_servers(text: str, origin: str) -> dict[str, dict[str, Any]]:
    """Return the tables of all servers in a file, by name. Raises ConfigError that names `origin`."""
    document = _json(text, origin)
    if isinstance(document.get("servers"), list):
        return _mistral(document, origin)
    found: Any = None
    for key in ("mcpServers", "servers", "context_servers", "mcp"):
        if isinstance(document.get(key), dict):
            found = cast("dict[str, Any]", document[key])
            break
    if isinstance(found, dict) and isinstance(cast("dict[str, Any]", found).get("servers"), dict):
        found = cast("dict[str, Any]", found)["servers"]  # VS Code's settings.json
    if found is None:
        raise ConfigError(f"{origin}: no mcpServers in it", hint='{"mcpServers": {"NAME": {"command": …}}}')
    rows = cast("dict[str, Any]", found)
    return {plain_name(name): _row(row, f"{origin}: {name}") for name, row in rows.items()}


def plain_name(name: str) -> str:
    """Return a name that rig takes for a server: other characters become `-`, and it ends after 32."""
    name = re.sub(r"_{2,}", "_", re.sub(r"[^A-Za-z0-9_-]+", "-", name)).strip("-_")
    return name[:32].strip("-_") or "server"


def _json(text: str, origin: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(text)
    except ValueError:
        try:
            value = json.loads(_without(_COMMA, _without(_COMMENT, text)))
        except ValueError as error:
            raise ConfigError(f"{origin}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{origin}: one JSON object expected")
    return cast("dict[str, Any]", value)


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Take out what the pattern finds outside of strings."""
    return pattern.sub(lambda match: match[0] if match[0].startswith('"') else "", text)


def _row(row: Any, where: str) -> dict[str, Any]:
    """Return rig's table for one server of the common format."""
    if not isinstance(row, dict):
        raise ConfigError(f"{where}: an object expected")
    said = cast("dict[str, Any]", row)
    command: Any = said.get("command")
    arguments: Any = said.get("args") or []
    if isinstance(command, dict):  # Zed once wrote {"path": …, "args": […]}
        nested = cast("dict[str, Any]", command)
        command, arguments = nested.get("path"), nested.get("args") or []
    table: dict[str, Any] = {}
    if command:
        table |= {"command": _ours(command), "args": _ours(arguments)}
    if url := said.get("url") or said.get("serverUrl") or said.get("httpUrl"):
        table["url"] = _ours(url)
    kind = str(said.get("type") or said.get("transport") or "").lower()
    if kind in _TRANSPORTS and (_TRANSPORTS[kind] == "stdio") == bool(command):
        table["transport"] = _TRANSPORTS[kind]
    for key in ("env", "headers"):
        if isinstance(said.get(key), dict) and said[key]:
            table[key] = {name: _ours(_text(value)) for name, value in cast("dict[str, Any]", said[key]).items()}
    if folder := said.get("cwd") or said.get("workingDirectory"):
        table["cwd"] = _ours(folder)
    if said.get("disabled") is True or said.get("enabled") is False:
        table["enabled"] = False
    table |= _tools(said)
    return table


def _tools(said: dict[str, Any]) -> dict[str, Any]:
    """Return which tools a program said are offered; `autoApprove` and its like are left out: rig asks."""
    table: dict[str, Any] = {}
    for key, names in (
        ("enabled_tools", ("enabled_tools", "includeTools")),
        ("disabled_tools", ("disabled_tools", "excludeTools", "disabledTools")),
    ):
        if found := next((said[name] for name in names if isinstance(said.get(name), list)), None):
            table[key] = [str(each) for each in found]
    return table


def _mistral(document: dict[str, Any], origin: str) -> dict[str, dict[str, Any]]:
    """Read mistral.rs' format: a list of servers, each with a source of type Process, Http or WebSocket."""
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(cast("list[Any]", document["servers"]), 1):
        where = f"{origin}: server {number}"
        source: Any = cast("dict[str, Any]", row).get("source") if isinstance(row, dict) else None
        if not isinstance(source, dict):
            raise ConfigError(f"{where}: an object with a source expected")
        said, source = cast("dict[str, Any]", row), cast("dict[str, Any]", source)
        kind = str(source.get("type", "")).lower()
        if kind == "websocket":
            raise ConfigError(f"{where}: rig speaks no WebSocket to MCP servers", hint="use its Http source")
        table = _row({**source, "type": "", "cwd": source.get("work_dir"), "enabled": said.get("enabled")}, where)
        if token := said.get("bearer_token"):
            table["headers"] = {**table.get("headers", {}), "Authorization": f"Bearer {token}"}
        if seconds := source.get("timeout_secs") or document.get("tool_timeout_secs"):
            table["timeout"] = seconds
        name = said.get("tool_prefix") or said.get("name") or said.get("id") or f"server{number}"
        found[plain_name(str(name))] = table
    return found


def _ours(value: Any) -> Any:
    """Return texts with the placeholders of other programs in rig's words: `${input:x}` is a key that is stored.

    What is no text stays as it is: whoever reads the table says what is wrong with it.
    """
    if isinstance(value, list):
        return [_ours(item) for item in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    return re.sub(r"\$\{input:([A-Za-z0-9_.-]+)\}", r"${key:mcp/\1}", value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
