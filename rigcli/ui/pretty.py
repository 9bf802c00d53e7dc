"""The answer as Markdown on a terminal: finished rows go to the scrollback once, only the open block is redrawn."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TextIO, TypeAlias, assert_never

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
from rigcli.core.text_filter import TextFilter
from rigcli.core.usage import Usage
from rigcli.ui.activity import Activity
from rigcli.ui.choices import TOLD, as_text, heading
from rigcli.ui.live import Live
from rigcli.ui.markdown.spans import DIM, Painter, Span
from rigcli.ui.markdown.stream import MarkdownStream
from rigcli.ui.plain import source_line
from rigcli.ui.spinner import Spinner

_BUDGET = 2
"""Characters written for each character of text. Over it, open rows are shown only once they are final."""
_HEAD_START = 4096
_FRAME = 0.025
"""Seconds between two frames at least: a fast model sends a thousand pieces a second, nobody reads that many."""
Later: TypeAlias = Callable[[float, Callable[[], None]], object]
"""Call a function after so many seconds, as an event loop's `call_later` does."""


class Pretty:
    """Render text as Markdown to `out`, a terminal that can move its cursor; everything else goes to `activity`.

    Nothing is drawn until `settled` is called, once a chunk of the network; with `later` some frames are skipped, and
    the one that a fast piece missed is drawn a moment later, whether or not more comes. With `apart` an empty row
    stands between the answer and what activity writes to the same terminal.
    """

    def __init__(
        self,
        out: TextIO,
        activity: Activity | None = None,
        *,
        color: bool = True,
        sources: bool = True,
        apart: bool = False,
        spinner: Spinner | None = None,
        later: Later | None = None,
        size: Callable[[], tuple[int, int]] = shutil.get_terminal_size,
    ) -> None:
        self._live = Live(out, Painter(colour=color), size)
        self._markdown = MarkdownStream(self._live.width)
        self._activity = activity
        self._show_sources = sources
        self._apart = apart
        self._spoke: Literal["answer", "beside"] | None = None
        self._spinner = spinner
        self._running = 0
        self._later = later
        self._awaiting_frame = False
        self._drawn = 0.0
        self._filter = TextFilter()
        self._pieces: list[str] = []
        self._sources: list[Source] = []
        self._citations: list[Citation] = []
        self._wrote = self._told = False
        self._fed = 0

    def wait(self) -> None:
        """The model was asked: show that something is awaited until it answers."""
        if self._spinner:
            self._spinner.start()

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
                if self._pieces or self._wrote:
                    self.end_line()
                self._stop_waiting()
                if self._activity:
                    self._turn_to("beside")
                    self._activity.handle(event)
                self._wait_on(event)
            case Source():
                self._sources.append(event)
            case Citation():
                self._citations.append(event)  # shown at the end: it may come in the middle of a sentence
            case Choice():
                self.end_line()
                self._live.draw([[], [Span(heading(event), DIM)]], [])
                self._pieces.append(as_text(event))
                self.end_line()
            case Logprobs():
                if self._activity and not self._told:
                    self._told = True
                    self._activity.handle(Notice(TOLD))
            case Start() | Opaque() | Usage() | Finish() | End():
                pass
            case _:
                assert_never(event)

    def _wait_on(self, event: Event) -> None:
        """After a retry was told, and after the last result of a batch of calls, the model is awaited again."""
        match event:
            case ToolCall():
                self._running += 1
            case ToolResult():
                self._running -= 1
                if not self._running:
                    self.wait()
            case Retry():
                self.wait()
            case _:
                pass

    def settled(self) -> None:
        """Draw what has gathered: now, or with the next frame."""
        if self._pieces and not self._awaiting_frame:
            wait = self._drawn + _FRAME - time.monotonic()
            if self._later is None or wait <= 0:
                self._show()
            else:
                self._awaiting_frame = True
                self._later(wait, self._frame)
        if self._activity:
            self._activity.flush()

    def _frame(self) -> None:
        self._awaiting_frame = False
        with suppress(OSError):  # a terminal that went away is told to whoever writes next, not to the event loop
            self._show()

    def _show(self) -> None:
        if not self._pieces:
            return
        self._stop_waiting()
        text = self._filter.feed("".join(self._pieces))
        self._pieces.clear()
        if text:
            self._draw(text)
        self._drawn = time.monotonic()

    def end_line(self) -> None:
        """Bring the open block to its end, because something else comes; the answer may go on after it."""
        self._stop_waiting()
        self._show()
        if self._wrote:
            self._markdown.close()
            self._live.draw(self._markdown.take(), [])
            self._markdown = MarkdownStream(self._live.width)
            self._wrote = False

    def close(self) -> None:
        """End the output with the sources. Also the end of an answer that broke off."""
        self.end_line()
        self._filter.close()
        if self._sources and self._show_sources:
            self._live.draw([[], *([Span(source_line(source), DIM)] for source in self._sources)], [])
            self._sources.clear()
        if self._activity:
            if self._show_sources:
                self._activity.cite(self._citations)
            self._activity.flush()

    def _turn_to(self, speaker: Literal["answer", "beside"]) -> None:
        """Leave an empty row between the answer and what is said beside it, where both share a terminal."""
        if self._apart and self._spoke not in (None, speaker):
            self._live.draw([[]], [])
        self._spoke = speaker

    def _stop_waiting(self) -> None:
        if self._spinner:
            self._spinner.stop()

    def _draw(self, text: str) -> None:
        if self._activity:
            self._activity.pause()
            self._activity.flush()
        self._turn_to("answer")
        if (width := self._live.width) != self._markdown.width:
            self._markdown.resize(width)
        self._markdown.feed(text)
        self._wrote = True
        self._fed += len(text)
        final = self._markdown.take()
        if self._live.written <= _BUDGET * self._fed + _HEAD_START:
            self._live.draw(final, self._markdown.peek())
        elif final:
            self._live.draw(final, [])
