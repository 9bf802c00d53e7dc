"""What came of a question, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from rigcli.core.choices import Choice, Logprobs, TokenLogprob
from rigcli.core.events import Citation, End, Event, Fold, Media, Native, Notice, Source, Start
from rigcli.core.messages import FinishReason, Message, ToolCallPart
from rigcli.core.usage import Usage


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a model, or of an agent's whole run.

    `message` is the last assistant message; `usage` counts the whole run; `messages` is the conversation with this
    answer in it, ready to be gone on with. `sources` are the passages of an index that the answer cites, `citations`
    what the provider itself names; `native` is what its own tools did, `media` the pictures and sounds it made.
    `notices` are what the user should know: an option that could not be sent, another model that stood in.
    `logprobs` is how likely its tokens were, where that was asked for; `choices` are the other answers where several
    were (`n`).
    """

    message: Message
    usage: Usage = field(default_factory=Usage)
    finish_reason: FinishReason = "stop"
    raw_finish_reason: str | None = None
    model: str | None = None
    provider: str | None = None
    response_id: str | None = None
    turns: int = 1
    messages: tuple[Message, ...] = field(default=(), repr=False)
    sources: tuple[Source, ...] = ()
    citations: tuple[Citation, ...] = ()
    native: tuple[Native, ...] = ()
    media: tuple[Media, ...] = ()
    notices: tuple[str, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    choices: tuple[Choice, ...] = ()

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def reasoning(self) -> str:
        return self.message.reasoning

    @property
    def refusal(self) -> str:
        return self.message.refusal

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The calls that the last message asks for; `arguments` is the model's JSON text."""
        return self.message.tool_calls

    def raise_for_finish(self) -> Answer:
        """Return this answer, or raise what a command would end with: cut by a limit or filter, refused, broken off.

        Raises LimitError, ProviderError, IncompleteError.
        """
        from rigcli.engine.ending import shortfall

        if error := shortfall(End(self.message, self.finish_reason, self.raw_finish_reason, self.usage)):
            raise error
        return self


@dataclass(slots=True)
class Gather:
    """Make an Answer of the events of a run."""

    provider: str | None = None
    _fold: Fold = field(default_factory=Fold)
    _start: Start = field(default_factory=Start)
    _end: End | None = None
    _usage: Usage | None = None
    _sources: list[Source] = field(default_factory=list[Source])
    _citations: list[Citation] = field(default_factory=list[Citation])
    _native: list[Native] = field(default_factory=list[Native])
    _media: list[Media] = field(default_factory=list[Media])
    _notices: list[str] = field(default_factory=list[str])
    _logprobs: list[TokenLogprob] = field(default_factory=list[TokenLogprob])
    _choices: list[Choice] = field(default_factory=list[Choice])

    def add(self, event: Event) -> None:  # noqa: C901  one arm an event
        match event:
            case Start():
                self._start, self._fold = event, Fold()
                self._logprobs, self._choices = [], []
            case Logprobs(tokens):
                self._logprobs += tokens
            case Choice():
                self._choices.append(event)
            case Usage():
                self._usage = event
            case Source():
                self._sources.append(event)
            case Citation():
                self._citations.append(event)
            case Native():
                self._native.append(event)
            case Media():
                self._media.append(event)
            case Notice(text):
                self._notices.append(text)
            case End():
                self._end = event
            case _:
                pass
        self._fold.add(event)

    def answer(self, messages: tuple[Message, ...] = ()) -> Answer:
        """Return what came; `messages` is the conversation before this answer."""
        fold, end, finish = self._fold, self._end, self._fold.finish
        message = end.message if end else fold.message()
        stopped = end or finish
        return Answer(
            message=message,
            usage=end.usage if end else self._usage or Usage(),
            finish_reason=stopped.reason if stopped else "incomplete",
            raw_finish_reason=stopped.raw_reason if stopped else None,
            model=self._start.model,
            provider=self._start.provider or self.provider,
            response_id=self._start.response_id,
            turns=end.turns if end else 1,
            messages=(*messages, message),
            sources=tuple(self._sources),
            citations=tuple(self._citations),
            native=tuple(self._native),
            media=tuple(self._media),
            notices=tuple(self._notices),
            logprobs=tuple(self._logprobs),
            choices=tuple(self._choices),
        )
