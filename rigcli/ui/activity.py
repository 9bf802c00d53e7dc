"""What happens beside the answer, on stderr: reasoning, tool calls and their results, retries, notices.

Knows nothing of stdout; `before` lets the owner of the answer bring its own line to an end first, where both streams
are the same terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TextIO

from rigcli.core.events import (
    Approval,
    Citation,
    Media,
    Native,
    Notice,
    Progress,
    Reasoning,
    Refusal,
    Retry,
    ToolCall,
    ToolResult,
)
from rigcli.core.text_filter import TextFilter, clean, escape_visible
from rigcli.ui import colour

ARGUMENTS_SHOWN = 200
"""Characters of a call's arguments; the approval prompt shows them all."""

Side = Reasoning | Refusal | ToolCall | ToolResult | Progress | Approval | Retry | Notice | Native | Media


def _nothing() -> None:
    """There is no answer on the same terminal."""


class Activity:
    """Write side events to a stream. With `quiet` nothing is written but refusals, which are the answer's stead."""

    def __init__(
        self, stream: TextIO, *, color: bool = False, quiet: bool = False, before: Callable[[], None] = _nothing
    ) -> None:
        self._stream = stream
        self._color = color
        self._quiet = quiet
        self._before = before
        self._filter = TextFilter()
        self._streaming: type[Side] | None = None
        self._sgr = ""
        self._pieces: list[str] = []
        self._mid_line = False

    def handle(self, event: Side) -> None:
        if self._quiet and not isinstance(event, Refusal):
            return
        match event:
            case Reasoning(text):
                self._stream_text(Reasoning, text, colour.DIM)
            case Refusal(text):
                self._stream_text(Refusal, text, colour.YELLOW)
            case _:
                if line := line_of(event):
                    self.line(line)

    def cite(self, citations: Iterable[Citation]) -> None:
        """Name what the provider itself gave as sources, each once and numbered, at the end of an answer."""
        self.pause()
        named: dict[str, str] = {}
        for cited in citations:
            named.setdefault(cited.url or cited.title or cited.file or "", cited.title or "")
        for number, (place, title) in enumerate(named.items() if not self._quiet else (), 1):
            self.line(f"[{number}] {place}" if title in ("", place) else f"[{number}] {title} {place}")

    def line(self, text: str, sgr: str = colour.DIM) -> None:
        """Write one line; the text is filtered here."""
        self.pause()
        self._before()
        self._stream.write(colour.paint(" ".join(clean(text).split()), sgr, on=self._color) + "\n")

    def pause(self) -> None:
        """Bring streamed text to the end of its line, because something else comes."""
        self._write_pieces()
        if self._mid_line:
            self._stream.write("\n")
        self._mid_line = False
        self._streaming = None
        self._filter.close()

    def flush(self) -> None:
        """Write what has gathered, now: streamed text is written once a chunk, not once a token."""
        self._write_pieces()
        self._stream.flush()

    def _stream_text(self, kind: type[Side], text: str, sgr: str) -> None:
        if self._streaming is not kind:
            self.pause()
            self._before()
            self._streaming, self._sgr = kind, sgr
        self._pieces.append(text)

    def _write_pieces(self) -> None:
        if self._pieces:
            shown = self._filter.feed("".join(self._pieces))
            self._pieces.clear()
            if shown:
                self._stream.write(colour.paint(shown, self._sgr, on=self._color))
                self._mid_line = not shown.endswith("\n")


def line_of(event: ToolCall | ToolResult | Progress | Approval | Retry | Notice | Native | Media) -> str:  # noqa: PLR0911  one arm an event
    """Return the line that tells of an event, empty where there is nothing to tell."""
    match event:
        case ToolCall(_, name, arguments, complete):
            cut = "" if complete else " (cut off, not run)"
            return f"→ {escape_visible(name)} {_short(arguments)}{cut}"
        case ToolResult():
            return f"← {escape_visible(event.name)}: {_outcome(event)}"
        case Progress(_, _, text):
            return f"  │ {clean(text)}" if text.strip() else ""
        case Approval(_, name, _, decision):
            return f"  {escape_visible(name)}: {decision}" if decision else ""
        case Native() | Media():
            return _made(event)
        case Retry(attempt, wait, reason, status):
            code = f" ({status})" if status and str(status) not in reason else ""
            return f"rig: {reason}{code}; trying again in {wait:.1f} s (try {attempt + 1})"
        case Notice(text):
            return f"rig: {text}"


def _made(event: Native | Media) -> str:
    if isinstance(event, Native):
        return _used(event)
    kind = "picture" if event.kind == "image" else "sound"
    return f"{kind}: {escape_visible(event.path or event.url or event.media_type)}"


_DONE = {
    "web_search": "searched the web",
    "code_execution": "ran code",
    "url_context": "read",
    "maps": "looked at the map",
    "file_search": "searched the files",
    "image_generation": "made a picture",
}


def _used(event: Native) -> str:
    """One line about a tool of the provider's own: what it was given, and of code and errors what came of it."""
    given = f": {_short(event.input)}" if event.input else ""
    line = f"· {_DONE.get(event.name) or f'used {escape_visible(event.name)}'}{given}"
    if event.error:
        return f"{line} ← error: {_short(event.error)}"
    return f"{line} ← {_short(event.output.strip())}" if event.name == "code_execution" and event.output else line


def _short(arguments: str) -> str:
    shown = escape_visible(arguments)
    return shown if len(shown) <= ARGUMENTS_SHOWN else shown[:ARGUMENTS_SHOWN] + "…"


def _outcome(result: ToolResult) -> str:
    if result.error is not None:
        return f"{'denied' if result.decision == 'deny' else 'error'}: {result.error}"
    content = result.content
    lines = content.count("\n") + (not content.endswith("\n") and bool(content))
    return f"{lines:,} line{'' if lines == 1 else 's'}, {len(content):,} characters"
