"""The answer as it is, for pipes and for terminals that can do no more.

Standard library only: this is on the quickest path.
"""

from __future__ import annotations

from typing import TextIO, assert_never

from rigcli.core.choices import Choice, Logprobs
from rigcli.core.events import (
    Approval,
    Citation,
    End,
    Event,
    Finish,
    Media,
    Native,
    Notice,
    Opaque,
    Progress,
    Reasoning,
    Refusal,
    Retry,
    Source,
    Start,
    Text,
    ToolCall,
    ToolResult,
)
from rigcli.core.text_filter import TextFilter, clean
from rigcli.core.usage import Usage
from rigcli.ui.activity import Activity
from rigcli.ui.choices import TOLD, as_text, heading


class Plain:
    """Write the filtered text to `out`, everything else to `activity`.

    Text is gathered until `settled` is called, once a chunk of the network: one write a chunk instead of one a token.
    """

    def __init__(self, out: TextIO, activity: Activity | None = None, *, sources: bool = True) -> None:
        self._out = out
        self._activity = activity
        self._show_sources = sources
        self._filter = TextFilter()
        self._pieces: list[str] = []
        self._sources: list[Source] = []
        self._citations: list[Citation] = []
        self._ended_line = True
        self._told = False

    def handle(self, event: Event) -> None:  # noqa: C901  one arm an event, as the union demands
        match event:
            case Text(text):
                self._pieces.append(text)
            case (
                Reasoning()
                | Refusal()
                | ToolCall()
                | ToolResult()
                | Progress()
                | Approval()
                | Retry()
                | Notice()
                | Native()
                | Media()
            ):
                if self._activity:
                    if self._pieces:
                        self.settled()
                    self._activity.handle(event)
            case Source():
                self._sources.append(event)
            case Citation():
                self._citations.append(event)  # shown at the end: it may come in the middle of a sentence
            case Choice():
                self.end_line()
                self._pieces.append(f"\n{heading(event)}\n{as_text(event)}")
                self.end_line()
            case Logprobs():
                if self._activity and not self._told:
                    self._told = True
                    self.settled()
                    self._activity.handle(Notice(TOLD))
            case Start() | Opaque() | Usage() | Finish() | End():
                pass
            case _:
                assert_never(event)

    def settled(self) -> None:
        """Write what has gathered, now."""
        if self._pieces:
            text = self._filter.feed("".join(self._pieces))
            self._pieces.clear()
            if text:
                if self._activity:
                    self._activity.pause()
                self._out.write(text)
                self._out.flush()
                self._ended_line = text.endswith("\n")
        if self._activity:
            self._activity.flush()

    def end_line(self) -> None:
        """Bring the text to the end of its line, because something else comes on the same terminal."""
        self.settled()
        if not self._ended_line:
            self._out.write("\n")
            self._out.flush()
            self._ended_line = True

    def close(self) -> None:
        """End the output with a newline and with the sources. Also the end of an answer that broke off."""
        self.end_line()
        if self._sources and self._show_sources:
            self._out.write("\n" + "".join(source_line(source) + "\n" for source in self._sources))
            self._out.flush()
        if self._activity:
            if self._show_sources:
                self._activity.cite(self._citations)
            self._activity.flush()


def source_line(source: Source) -> str:
    """Return `[n] path:line`, filtered."""
    return f"[{source.number}] {clean(source.path)}:{source.lines[0]}"
