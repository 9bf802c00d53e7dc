"""A server's form on the terminal, field by field; a page that it wants to be visited, with its whole address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from rigcli.cli.world import World
from rigcli.core.text_filter import escape_visible
from rigcli.tools.mcp.asks import ElicitAsk, Elicited

if TYPE_CHECKING:
    from rigcli.home.settings import Settings

_TRIES = 3
_YES, _NO = ("y", "yes", "true", "1"), ("n", "no", "false", "0")


async def ask_form(world: World, settings: Settings, ask: ElicitAsk) -> Elicited:
    """Return what the user says. Nothing is filled in and sent without a yes at the end."""
    form = _Form(world, settings)
    form.write(f"The MCP server {escape_visible(ask.server)} asks: {escape_visible(ask.message, keep=chr(10))}")
    try:
        if ask.url is not None:
            return await _visit(form, ask.url)
        return await _fill(form, ask.schema)
    except EOFError:
        return Elicited("cancel")
    except KeyboardInterrupt:
        form.write("not answered")
        return Elicited("cancel")


class _Form:
    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._keys = settings.get("ui.keys")

    def write(self, text: str) -> None:
        self._world.stderr.write(text + "\n")
        self._world.stderr.flush()

    async def read(self, question: str, default: str = "") -> str:
        from prompt_toolkit.output import create_output

        from rigcli.ui.prompt import read_line

        output = create_output(self._world.stderr)
        return (await read_line(question, output=output, default=default, keys=self._keys)).strip()


async def _visit(form: _Form, url: str) -> Elicited:
    """Ask before a page is opened; its address is shown whole, its host apart."""
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or "?"
    form.write(f"  it wants you to visit: {escape_visible(url)}\n  on the host: {escape_visible(host)}")
    if not url.startswith(("https://", "http://")):
        form.write("  that is no web page; declined")
        return Elicited("decline")
    if (await form.read("Open it in the browser? [y]es, [N]o: ")).lower() not in _YES:
        return Elicited("decline")
    import webbrowser

    if not webbrowser.open(url):
        form.write("  no browser opened; visit the address yourself")
    return Elicited("accept")


async def _fill(form: _Form, schema: dict[str, Any]) -> Elicited:
    fields = cast("dict[str, dict[str, Any]]", schema.get("properties") or {})
    required = set(cast("list[str]", schema.get("required") or []))
    content: dict[str, Any] = {}
    for name, field in fields.items():
        value = await _field(form, name, field, needed=name in required)
        if value is not None:
            content[name] = value
    form.write("  " + escape_visible(json.dumps(content, ensure_ascii=False)))
    said = (await form.read("Send this to the server? [y]es, [N]o: ")).lower()
    return Elicited("accept", content) if said in _YES else Elicited("decline")


async def _field(form: _Form, name: str, field: dict[str, Any], *, needed: bool) -> Any:
    """Return the value of one field, None where it stays empty."""
    about = f" ({escape_visible(str(field['description']))})" if field.get("description") else ""
    choices = _choices(field)
    if choices:
        about += " one of: " + ", ".join(
            escape_visible(value if value == label else f"{value} = {label}") for value, label in choices.items()
        )
    form.write(f"  {escape_visible(str(field.get('title') or name))}{about}" + ("" if needed else " [may stay empty]"))
    default = field.get("default")
    shown = "" if default is None else default if isinstance(default, str) else json.dumps(default)
    for _ in range(_TRIES):
        text = await form.read(f"  {escape_visible(name)}: ", shown)
        if not text and not needed:
            return None
        try:
            return typed(text, field)
        except ValueError as error:
            form.write(f"    {error}")
    raise EOFError


def typed(text: str, field: dict[str, Any]) -> Any:
    """Return what was typed as the field's type. Raises ValueError in words for the user."""
    kind = field.get("type", "string")
    if kind == "boolean":
        if text.lower() not in (*_YES, *_NO):
            raise ValueError("yes or no")
        return text.lower() in _YES
    if kind in ("integer", "number"):
        try:
            value: Any = int(text) if kind == "integer" else float(text)
        except ValueError:
            raise ValueError("a whole number" if kind == "integer" else "a number") from None
        _between(value, field.get("minimum"), field.get("maximum"), "")
        return value
    choices = _choices(field)
    if kind == "array":
        values = json.loads(text) if text.startswith("[") else [each.strip() for each in text.split(",")]
        values = [each for each in values if each != ""]
        if choices and (wrong := [each for each in values if each not in choices]):
            raise ValueError(f"no choice: {', '.join(map(str, wrong))}")
        _between(len(values), field.get("minItems"), field.get("maxItems"), " of them")
        return values
    if choices and text not in choices:
        raise ValueError("none of the choices")
    _between(len(text), field.get("minLength"), field.get("maxLength"), " characters")
    return text


def _between(value: float, least: float | None, most: float | None, unit: str) -> None:
    if least is not None and value < least:
        raise ValueError(f"at least {least}{unit}")
    if most is not None and value > most:
        raise ValueError(f"at most {most}{unit}")


def _choices(field: dict[str, Any]) -> dict[str, str]:
    """Return the values that a field may have, with what each is called."""
    field = field.get("items") or field
    if isinstance(field.get("enum"), list):
        values = [str(value) for value in field["enum"]]
        labels = [str(name) for name in field.get("enumNames") or values]
        return dict(zip(values, labels, strict=False))
    options = cast("list[dict[str, Any]]", field.get("oneOf") or field.get("anyOf") or [])
    return {str(each["const"]): str(each.get("title") or each["const"]) for each in options if "const" in each}
