"""What Gemini's own tools did: code and its result in parts, searches and pages beside them."""

from __future__ import annotations

from collections.abc import Iterator

from rigcli.core.events import Native
from rigcli.wire.native_use import native, told
from rigcli.wire.shapes import Json, as_dict, as_list, as_text

_FINE = ("", "OUTCOME_OK", "OUTCOME_UNSPECIFIED")


class NativeUses:
    """The uses of one answer, each told once: later chunks say again what earlier ones said."""

    __slots__ = ("_calls", "_code", "_seen")

    def __init__(self) -> None:
        self._code: Json = {}
        self._calls: dict[str, Json] = {}
        self._seen: set[tuple[str, str | None]] = set()

    def part(self, part: Json) -> Iterator[Native]:
        """Yield what a part completes; nothing for a part of another kind."""
        if code := as_dict(part.get("executableCode")):
            yield from self._open_code()
            self._code = code
        elif "codeExecutionResult" in part:
            result, code = as_dict(part.get("codeExecutionResult")), self._code
            self._code = {}
            outcome, output = as_text(result.get("outcome")), as_text(result.get("output"))
            error = "" if outcome in _FINE else outcome.removeprefix("OUTCOME_").lower().replace("_", " ")
            yield native("code_execution", as_text(code.get("code")), output, error, as_text(code.get("id")))
        elif call := as_dict(part.get("toolCall")):
            self._calls[as_text(call.get("id"))] = call
        elif "toolResponse" in part:
            call = self._calls.pop(as_text(as_dict(part.get("toolResponse")).get("id")), {})
            yield from self._once(call)

    def beside(self, candidate: Json) -> Iterator[Native]:
        """Yield the searches and pages that a candidate names."""
        for query in as_list(as_dict(candidate.get("groundingMetadata")).get("webSearchQueries")):
            if as_text(query):
                yield from self._new(native("web_search", as_text(query)))
        for item in as_list(as_dict(candidate.get("urlContextMetadata")).get("urlMetadata")):
            row = as_dict(item)
            status = as_text(row.get("urlRetrievalStatus")).removeprefix("URL_RETRIEVAL_STATUS_")
            error = "" if status in ("", "SUCCESS", "UNSPECIFIED") else status.lower()
            yield from self._new(native("url_context", as_text(row.get("retrievedUrl")), "", error))

    def rest(self) -> Iterator[Native]:
        """Yield what had no result until the end."""
        yield from self._open_code()
        for call in self._calls.values():
            yield from self._once(call)
        self._calls.clear()

    def _open_code(self) -> Iterator[Native]:
        code, self._code = self._code, {}
        if code:
            yield native("code_execution", as_text(code.get("code")))

    def _once(self, call: Json) -> Iterator[Native]:
        if name := as_text(call.get("toolType")).lower():
            yield from self._new(native(name, told(call.get("args")), id_=as_text(call.get("id"))))

    def _new(self, used: Native) -> Iterator[Native]:
        if (used.name, used.input) not in self._seen:
            self._seen.add((used.name, used.input))
            yield used
