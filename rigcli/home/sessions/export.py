"""A session as one document for somewhere else: JSON that rig reads again, Markdown, a web page, a Python script."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable
from typing import Any, cast

from rigcli.core.errors import UsageError
from rigcli.core.messages import (
    MediaPart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from rigcli.core.text_filter import clean
from rigcli.home.sessions.blobs import Blobs
from rigcli.home.sessions.codec import Json, decode, encode
from rigcli.home.sessions.transcript import Transcript, with_attachments

TYPE = "session_export"
_ABOUT = (
    "model",
    "provider",
    "response_id",
    "finish_reason",
    "raw_finish_reason",
    "usage",
    "sources",
    "citations",
    "native_calls",
    "incomplete",
)


def to_json(found: Transcript, blobs: Blobs) -> str:
    """Return `{"v": 1, "type": "session_export", "messages": [{"role", "parts", …}]}`, attachments included."""
    messages: list[Json] = []
    for node in found.path():
        about = {key: node.record[key] for key in ("time", *_ABOUT) if node.record.get(key) is not None}
        messages.append({"id": node.id, "parent": node.parent, **encode(with_attachments(node, blobs.get)), **about})
    document = {"v": 1, "type": TYPE, **_header(found), "messages": messages}
    return json.dumps(document, indent=1) + "\n"


def read_export(text: str, source: str = "export") -> tuple[Message, ...] | None:
    """Return the conversation of what `to_json` wrote; None where the text is something else.

    Raises UsageError for an export that is damaged or comes from a newer rig.
    """
    if f'"{TYPE}"' not in text:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None  # whoever reads it as something else says what is wrong
    if not isinstance(document, dict) or document.get("type") != TYPE:  # pyright: ignore[reportUnknownMemberType]  JSON
        return None
    export = cast("Json", document)
    if export.get("v") != 1:
        raise UsageError(f"{source}: was written by a newer rig", hint="update rig")
    try:
        return tuple(decode(row) for row in export["messages"])
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{source}: a damaged session export: {error}") from None


def to_markdown(found: Transcript, _blobs: Blobs) -> str:
    """Return headings for who spoke, and what they said as it is but for what could act on a terminal."""
    blocks = [f"# {_title(found)}"]
    for node in found.path():
        who = str(node.record.get("model") or "assistant") if node.message.role == "assistant" else node.message.role
        blocks.append(f"## {_one_line(who)}")
        blocks += filter(None, (_markdown(part) for part in node.message.parts))
        if pages := _pages(node.record):
            blocks.append("\n".join(f"{number}. {page}" for number, page in enumerate(pages, 1)))
        if node.incomplete:
            blocks.append(f"*incomplete: {_one_line(node.incomplete)}*")
    return "\n\n".join(blocks) + "\n"


def to_html(found: Transcript, blobs: Blobs) -> str:
    """Return one page without scripts that loads nothing from anywhere."""
    title = html.escape(_title(found))
    turns: list[str] = []
    for node in found.path():
        message = with_attachments(node, blobs.get)
        who = html.escape(_one_line(str(node.record.get("model") or message.role)))
        body = "".join(_html(part) for part in message.parts)
        if node.incomplete:
            body += f'<p class="note">incomplete: {html.escape(clean(node.incomplete))}</p>'
        turns.append(f'<section class="{message.role}"><h2>{who}</h2>{body}</section>')
    return _PAGE.format(title=title, turns="\n".join(turns))


def to_python(found: Transcript, _blobs: Blobs) -> str:
    """Return a script that holds the conversation as the library's own values and goes on with it."""
    lines = [repr(Message(node.message.role, _portable(node.message.parts))) for node in found.path()]
    names = sorted({"Message", *(name for name in _CLASSES if any(f"{name}(" in line for line in lines))})
    answers = [node.record for node in found.path() if node.record.get("model") and node.record.get("provider")]
    model = f"{answers[-1]['provider']}/{answers[-1]['model']}" if answers else None
    title = _title(found).replace("\\", "").replace('"', "'")
    return _SCRIPT.format(
        title=title,
        names="\n".join(f"    {name}," for name in names),
        messages="\n".join(f"    {line}," for line in lines),
        model=model,
    )


WRITERS: dict[str, Callable[[Transcript, Blobs], str]] = {
    "json": to_json,
    "md": to_markdown,
    "html": to_html,
    "python": to_python,
}


def _pages(record: Json) -> list[str]:
    """Return what the provider named as its sources, each once."""
    rows = cast("list[Any]", record.get("citations") or [])
    pages = [cast("Json", row) for row in rows if isinstance(row, dict)]
    named = (f"{row.get('title') or ''} {row.get('url') or ''}".strip() for row in pages)
    return [_one_line(name) for name in dict.fromkeys(named) if name]


def _header(found: Transcript) -> Json:
    kept = {key: found.header.get(key) for key in ("created", "kind", "cwd")}
    return {"id": found.id, "title": found.title, **kept}


def _title(found: Transcript) -> str:
    return _one_line(found.title or found.id)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _markdown(part: Part) -> str:
    match part:
        case TextPart(text):
            return clean(text).strip("\n")
        case ReasoningPart(text) | RefusalPart(text):
            return "\n".join(f"> {line}".rstrip() for line in clean(text).splitlines())
        case ToolCallPart(_, name, arguments):
            return f"Tool call `{_one_line(name)}`:\n\n{_fenced(arguments, 'json')}"
        case ToolResultPart(_, name, content, _):
            return f"Result of `{_one_line(name)}`:\n\n{_fenced(content)}"
        case MediaPart():
            return f"[{part.kind}: {_one_line(part.name or part.url or part.media_type)}]"
        case OpaquePart():
            return ""


def _fenced(text: str, language: str = "") -> str:
    shown = clean(text)
    fence = "```"
    while fence in shown:
        fence += "`"
    return f"{fence}{language}\n{shown}\n{fence}"


def _html(part: Part) -> str:
    match part:
        case TextPart(text):
            return f"<pre>{html.escape(clean(text))}</pre>"
        case ReasoningPart(text) | RefusalPart(text):
            return f"<details><summary>{part.type}</summary><pre>{html.escape(clean(text))}</pre></details>"
        case ToolCallPart(_, name, text) | ToolResultPart(_, name, text, _):
            summary = html.escape(f"{part.type.replace('_', ' ')}: {_one_line(name)}")
            return f"<details><summary>{summary}</summary><pre>{html.escape(clean(text))}</pre></details>"
        case MediaPart(kind="image", data=bytes(data)):
            encoded = encode(Message("user", (part,)))["parts"][0]["base64"] if data else ""
            return (
                f'<img alt="{html.escape(part.name or "")}" src="data:{html.escape(part.media_type)};base64,{encoded}">'
            )
        case MediaPart():
            return (
                f'<p class="note">{part.kind}: {html.escape(_one_line(part.name or part.url or part.media_type))}</p>'
            )
        case OpaquePart():
            return ""


def _portable(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Leave out what a script cannot hold: attachments, and what belongs to one provider."""
    return tuple(part for part in parts if not isinstance(part, (MediaPart, OpaquePart)))


_CLASSES = ("TextPart", "ReasoningPart", "RefusalPart", "ToolCallPart", "ToolResultPart")
_SCRIPT = '''"""{title}

A conversation exported by rig. Run it with a prompt to go on: python FILE "your next question"
"""

import json
import subprocess
import sys

from rigcli.core.messages import (
{names}
)
from rigcli.home.sessions.codec import encode

MODEL = {model!r}
MESSAGES = [
{messages}
]


def main() -> int:
    if len(sys.argv) == 1:
        for message in MESSAGES:
            print(f"{{message.role}}: {{message.text}}")
        return 0
    export = {{"v": 1, "type": "session_export", "messages": [encode(message) for message in MESSAGES]}}
    command = ["rig", "ask", *(["-m", MODEL] if MODEL else []), "--messages", "-", *sys.argv[1:]]
    return subprocess.run(command, input=json.dumps(export), text=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
'''
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ font-size: .85rem; margin: 1.5rem 0 .3rem; color: #555; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: 0; }}
details pre {{ font-family: monospace; }} .user pre {{ background: #f2f2f2; padding: .6rem; }}
.note {{ color: #a33; }} img {{ max-width: 100%; }}
</style></head><body><h1>{title}</h1>
{turns}
</body></html>
"""
