"""Items of the provider's own tools in OpenAI Responses: what they did, and the pictures they made."""

from __future__ import annotations

from collections.abc import Iterator

from rigcli.core.events import Event
from rigcli.wire.media import made
from rigcli.wire.native_use import joined, native, pages, told
from rigcli.wire.openai_responses.items import CLIENT_CALLS
from rigcli.wire.shapes import Json, as_dict, as_list, as_text

_CALL = "_call"
PICTURE = "image_generation_call"


def of_item(item: Json) -> Iterator[Event]:
    """Yield what a finished item of the provider's own tools says; nothing for an item of another kind."""
    kind, id_ = as_text(item.get("type")), as_text(item.get("id"))
    if not kind.endswith(_CALL) or (kind in CLIENT_CALLS and kind != "custom_tool_call"):
        return
    error = _error(item)
    match kind:
        case "web_search_call":
            action = as_dict(item.get("action"))
            name = "web_search" if as_text(action.get("type")) in ("", "search") else "url_context"
            yield native(name, told(action) if action else "", pages(as_list(action.get("sources"))), error, id_)
        case "code_interpreter_call":
            yield from _code(item, error, id_)
        case "file_search_call":
            found = [joined(as_dict(hit), "filename", "text") for hit in as_list(item.get("results"))]
            yield native("file_search", {"queries": item.get("queries")}, "\n".join(found), error, id_)
        case "image_generation_call":
            yield native("image_generation", as_text(item.get("revised_prompt")), "", error, id_)
            if picture := made(as_text(item.get("result")), _type_of(item)):
                yield picture
        case "mcp_call":
            name = ".".join(filter(None, (as_text(item.get("server_label")), as_text(item.get("name")))))
            yield native(name or "mcp", as_text(item.get("arguments")), as_text(item.get("output")), error, id_)
        case "custom_tool_call":  # of a server that runs it itself; where the client must, the call has no end
            if item.get("status") == "completed" and not item.get("call_id"):
                yield native(as_text(item.get("name")) or "custom", item.get("input"), "", error, id_)
        case _:
            yield native(kind.removesuffix(_CALL), item.get("action") or item.get("input") or "", "", error, id_)


def kept(item: Json) -> Json:
    """Return the item as it is kept to be sent back: a picture's bytes stand in the message already, once."""
    if item.get("type") == PICTURE and item.get("result"):
        return {key: value for key, value in item.items() if key != "result"}
    return item


def _code(item: Json, error: str, id_: str) -> Iterator[Event]:
    outputs = [as_dict(output) for output in as_list(item.get("outputs"))]
    yield native(
        "code_execution", as_text(item.get("code")), "\n".join(joined(row, "logs") for row in outputs), error, id_
    )
    for row in outputs:
        if picture := made(as_text(row.get("url")), "image/png"):
            yield picture


def _error(item: Json) -> str:
    error = item.get("error")
    said = as_text(error) or as_text(as_dict(error).get("message"))
    return said or ("failed" if item.get("status") == "failed" else "")


def _type_of(item: Json) -> str:
    return f"image/{as_text(item.get('output_format')) or 'png'}"
