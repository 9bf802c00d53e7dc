"""Tools that a provider runs itself: how each is asked for, as data, and how that gets into the body of a request.

The quirk `native` of a row names the tools its provider has. A value is `true` (the wire's own form, below), a form,
or a list of forms of which the first whose `models` fit counts. The keys of a form:

    at          where in the body it stands: `tools[]` (the default) is a new item of a list, `a.b` an object
    send        what stands there
    inside      where in `send` parameters go that have no place of their own (`a.b`; default: `send` itself)
    parameters  places of rig's names of parameters: `a.b` in `send`, `/a.b` in the body; a last `[]` wants a list
    needs       parameters without which the tool cannot be used
    also        what else the body needs: tables are joined, lists are appended to
    beta        values of the header anthropic-beta
    models      the models (regex) that have it; default: all
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from rigcli.core.requests import NATIVE_PARAMETERS, NativeTool, Request
from rigcli.wire.shapes import Json, as_dict, as_list

if TYPE_CHECKING:
    from rigcli.wire.outgoing import Draft

Form = Mapping[str, Any]
KEYS: Final = frozenset(("at", "send", "inside", "parameters", "needs", "also", "beta", "models"))

_DOMAINS: Final = {"allowed_domains": "allowed_domains[]", "blocked_domains": "blocked_domains[]"}
FORMS: Final[Mapping[str, Mapping[str, Form]]] = {
    "openai-responses": {
        "web_search": {
            "send": {"type": "web_search"},
            "parameters": {
                "allowed_domains": "filters.allowed_domains[]",
                "context_size": "search_context_size",
                "max_uses": "/max_tool_calls",
            },
            "also": {"include": ["web_search_call.action.sources"]},
        },
        "code_execution": {
            "send": {"type": "code_interpreter", "container": {"type": "auto"}},
            "parameters": {"files": "container.file_ids[]", "max_uses": "/max_tool_calls"},
            "also": {"include": ["code_interpreter_call.outputs"]},
        },
        "image_generation": {
            "send": {"type": "image_generation"},
            "parameters": {"size": "size", "quality": "quality", "format": "output_format"},
        },
        "file_search": {
            "send": {"type": "file_search"},
            "parameters": {"stores": "vector_store_ids[]", "max_results": "max_num_results"},
            "needs": ["stores"],
            "also": {"include": ["file_search_call.results"]},
        },
    },
    "anthropic-messages": {
        "web_search": {
            "send": {"type": "web_search_20250305", "name": "web_search"},
            "parameters": {**_DOMAINS, "max_uses": "max_uses"},
        },
        "code_execution": {
            "send": {"type": "code_execution_20250825", "name": "code_execution"},
            "beta": ["code-execution-2025-08-25"],
        },
        "url_context": {
            "send": {"type": "web_fetch_20250910", "name": "web_fetch", "citations": {"enabled": True}},
            "parameters": {**_DOMAINS, "max_uses": "max_uses"},
            "beta": ["web-fetch-2025-09-10"],
        },
    },
    "gemini": {
        "web_search": {"send": {"googleSearch": {}}, "inside": "googleSearch"},
        "code_execution": {"send": {"codeExecution": {}}, "inside": "codeExecution"},
        "url_context": {"send": {"urlContext": {}}, "inside": "urlContext"},
        "maps": {
            "send": {"googleMaps": {}},
            "inside": "googleMaps",
            "parameters": {
                "latitude": "/toolConfig.retrievalConfig.latLng.latitude",
                "longitude": "/toolConfig.retrievalConfig.latLng.longitude",
            },
        },
        "file_search": {
            "send": {"fileSearch": {}},
            "inside": "fileSearch",
            "parameters": {"stores": "fileSearch.fileSearchStoreNames[]", "max_results": "fileSearch.topK"},
            "needs": ["stores"],
        },
        "image_generation": {
            "at": "generationConfig",
            "send": {"responseModalities": ["TEXT", "IMAGE"]},
            "inside": "imageConfig",
            "parameters": {"size": "imageConfig.imageSize"},
            "models": "image",
        },
    },
    "openai-chat": {
        "web_search": {
            "at": "web_search_options",
            "send": {},
            "parameters": {"context_size": "search_context_size"},
        },
    },
}
"""Formats: platform.openai.com/docs/guides/tools, docs.anthropic.com (server tools), ai.google.dev/gemini-api/docs."""


def form_of(name: str, wire: str, model: str, quirks: Mapping[str, Any]) -> Form | None:
    """Return how a tool is asked for in this wire of this row, None where its provider or the model has none."""
    given = as_dict(quirks.get("native")).get(name)
    standard = FORMS.get(wire, {}).get(name)
    if given is None or given is False:
        return None
    if given is True:
        return _fitting([standard], model)
    own = [as_dict(form) for form in as_list(given) or [given]]
    return _fitting([form if "send" in form else {**(standard or {}), **form} for form in own], model)


def native_names(wire: str, model: str | None, quirks: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tools that a row has in a wire, for one model, or where that is None for any."""
    known = as_dict(quirks.get("native"))
    if model is None:
        return tuple(name for name, form in known.items() if form is not False)
    return tuple(name for name in known if form_of(name, wire, model, quirks) is not None)


def missing(tool: NativeTool, form: Form) -> list[str]:
    """Return the parameters that a tool cannot be used without and that were not given."""
    return [name for name in form.get("needs", ()) if not tool.parameters.get(name)]


def place(row: Draft, request: Request, wire: str, body: Json) -> list[str]:
    """Put the provider's own tools into a body that is complete but for them; return the beta headers they need.

    What stands in the body already stays. A tool that this model lacks is a notice.
    """
    beta: list[str] = []
    for tool in request.native:
        form = form_of(tool.name, wire, row.model, request.quirks)
        if form is None:
            row.notices.append(f"the native tool {tool.name} was left out: this provider or model has none")
        elif lacking := missing(tool, form):
            row.notices.append(f"the native tool {tool.name} was left out: it needs {', '.join(lacking)}")
        else:
            _put(tool, form, body, row)
            beta += [value for value in form.get("beta", ()) if value not in beta]
    return beta


def problem(name: str, form: Any) -> str | None:
    """Return what is wrong with a form of a row, in words for whoever wrote it; None where nothing is."""
    if isinstance(form, bool):
        return None
    for each in as_list(form) or [form]:
        if not isinstance(each, Mapping):
            return f"native.{name} is {each!r}, neither true nor a table"
        if unknown := sorted(as_dict(each).keys() - KEYS):
            return f"native.{name}: no key {unknown[0]!r}; there are {', '.join(sorted(KEYS))}"
    return None


def _fitting(forms: list[Form | None], model: str) -> Form | None:
    return next((form for form in forms if form and re.search(str(form.get("models", "")), model)), None)


def _put(tool: NativeTool, form: Form, body: Json, row: Draft) -> None:
    sent: Any = deepcopy(form.get("send", {}))
    places = as_dict(form.get("parameters"))
    inside = str(form.get("inside", ""))
    for name, value in tool.parameters.items():
        place_ = places.get(name)
        if place_ is None and (name in NATIVE_PARAMETERS or not isinstance(sent, dict)):
            row.notices.append(f"{name} of the native tool {tool.name} was left out: this provider has no such setting")
        elif isinstance(place_, str) and place_.startswith("/"):
            _set(body, place_[1:], value)
        else:
            _set(as_dict(sent), str(place_ or ".".join(filter(None, (inside, name)))), value)
    at = str(form.get("at", "tools[]"))
    _join(body, _nested(at.removesuffix("[]"), [sent] if at.endswith("[]") else sent))
    _join(body, deepcopy(as_dict(form.get("also"))))


def _set(target: Json, path: str, value: Any) -> None:
    *outer, last = path.removesuffix("[]").split(".")
    for key in outer:
        target = target.setdefault(key, {})
    target[last] = value if not path.endswith("[]") or isinstance(value, list) else [value]


def _nested(path: str, value: Any) -> Json:
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def _join(body: Json, more: Json) -> None:
    """Add what is not there yet; items of a list that are there already are not said twice."""
    for key, value in more.items():
        there = body.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            _join(as_dict(there), as_dict(value))
        elif isinstance(value, list) and isinstance(there, list):
            body[key] = [*as_list(there), *(item for item in as_list(value) if item not in as_list(there))]
        elif there is None:
            body[key] = value
