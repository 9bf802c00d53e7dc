"""The Agent Client Protocol spoken by rig's own conversation: sessions, prompts, updates, permissions, cancellation."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlparse

import acp
from acp import schema

from rigcli import __version__
from rigcli.cli.acp_stream import Stream
from rigcli.cli.ask_run import begin, native_of, open_session, options_of, own_system
from rigcli.cli.flag_table import ModelFlags
from rigcli.cli.plain import say
from rigcli.cli.talk import Talk
from rigcli.cli.target import choose, no_model, open_settings
from rigcli.cli.toolbox import equip
from rigcli.cli.world import World
from rigcli.core.blocks import block
from rigcli.core.errors import RigError
from rigcli.core.messages import MediaPart, Message, Part, TextPart
from rigcli.core.ports import PendingCall, Verdict

_STOPS = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal", "content_filter": "refusal"}


async def serve(flags: ModelFlags) -> None:
    """Talk with an editor until it closes stdin."""
    agent = RigAgent(World.real(), flags)
    try:
        await acp.run_agent(cast("Any", agent))  # what it does not do, the protocol lets an agent leave out
    finally:
        await agent.close()


@dataclass
class Open:
    """One session: its conversation, and the answer that is on its way."""

    talk: Talk
    world: World
    answering: asyncio.Task[Any] | None = None
    show: Stream | None = None
    cancelled: bool = False


@dataclass
class RigAgent:
    """What an editor calls; `editor` is what is called back."""

    world: World
    flags: ModelFlags
    editor: Any = None
    sessions: dict[str, Open] = field(default_factory=dict[str, Open])

    def on_connect(self, conn: Any) -> None:
        self.editor = conn

    async def initialize(self, protocol_version: int, **_: Any) -> schema.InitializeResponse:
        return schema.InitializeResponse(
            protocol_version=min(protocol_version, acp.PROTOCOL_VERSION),
            agent_capabilities=schema.AgentCapabilities(
                load_session=not self.flags.no_session,
                prompt_capabilities=schema.PromptCapabilities(image=True, audio=True, embedded_context=True),
            ),
            agent_info=schema.Implementation(name="rig", title="rig", version=__version__),
            auth_methods=[],
        )

    async def authenticate(self, method_id: str, **_: Any) -> schema.AuthenticateResponse | None:
        raise _wrong(f"no method {method_id}: keys are set with `rig keys set`")

    async def new_session(self, cwd: str, **_: Any) -> schema.NewSessionResponse:
        opened = self._open(Path(cwd), None)
        return schema.NewSessionResponse(session_id=self._keep(opened))

    async def load_session(self, cwd: str, session_id: str, **_: Any) -> schema.LoadSessionResponse | None:
        if session_id in self.sessions:
            await self._end(self.sessions.pop(session_id))
        opened = self._open(Path(cwd), session_id)
        self.sessions[session_id] = opened
        for message in opened.talk.session.messages():
            for update in _told(message):
                await self.editor.session_update(session_id=session_id, update=update)
        return schema.LoadSessionResponse()

    async def prompt(self, prompt: list[Any], session_id: str, **_: Any) -> schema.PromptResponse:
        opened = self._session(session_id)
        if opened.answering is not None:
            raise _wrong("this session is answering: cancel it first")
        show = Stream(self.editor, session_id)
        opened.cancelled, opened.show = False, show
        opened.talk.approve = self._approver(session_id, opened)
        opened.answering = asyncio.create_task(opened.talk.answer(_message(prompt), show))
        reason = "end_turn"
        try:
            await opened.answering
        except asyncio.CancelledError:
            if not opened.cancelled:
                raise
            reason = "cancelled"
        except RigError as error:
            reason = self._reason(error, show)
            if reason == "error":
                await show.flush()
                raise acp.RequestError(-32000, error.line()) from None
        finally:
            opened.answering = None
            await show.flush()
        return schema.PromptResponse(stop_reason=reason)  # pyright: ignore[reportArgumentType]  one of a closed set

    async def cancel(self, session_id: str, **_: Any) -> None:
        opened = self.sessions.get(session_id)
        if opened and opened.answering:
            opened.cancelled = True
            opened.answering.cancel()

    async def close(self) -> None:
        for opened in self.sessions.values():
            await self._end(opened)

    def _open(self, cwd: Path, resume: str | None) -> Open:
        """Return a conversation in a folder. What is wrong is told as an error of the request."""
        if not cwd.is_absolute() or not cwd.is_dir():
            raise _wrong(f"cwd: {cwd} is no folder")
        world = replace(self.world, cwd=cwd, stdin_tty=False, stdout_tty=False, stderr_tty=False)
        flags = self.flags._replace(resume=resume)
        try:
            settings = open_settings(world, flags)
            if not (flags.no_tools or flags.tools_dirs or settings.get("tools.enabled")):
                from rigcli.tools.builtin import BUILTIN

                flags = flags._replace(tools=tuple(BUILTIN))
                settings = open_settings(world, flags)
            for notice in settings.notices:
                self._warn(notice)
            target = choose(world, settings, flags)
            if target is None:
                raise no_model()
            session = open_session(settings, world, flags, "acp", self._warn)
            talk = Talk(settings, target, session, system=own_system(settings, world), warn=self._warn)
            talk.options, talk.native = options_of(settings, flags), native_of(settings, target)
            begin(session, settings, world, ())
            if not flags.no_tools:
                equip(talk, world, flags)
        except RigError as error:
            raise acp.RequestError(-32000, error.line()) from None
        return Open(talk, world)

    def _keep(self, opened: Open) -> str:
        name = opened.talk.session.id or f"unkept-{len(self.sessions) + 1}"
        self.sessions[name] = opened
        return name

    def _session(self, name: str) -> Open:
        if name not in self.sessions:
            raise _wrong(f"no session {name}")
        return self.sessions[name]

    def _warn(self, text: str) -> None:
        say(self.world, text)

    async def _end(self, opened: Open) -> None:
        if opened.answering:
            opened.answering.cancel()
        await opened.talk.close()
        opened.talk.session.close()

    def _reason(self, error: RigError, show: Stream) -> str:
        """Return how the protocol calls this end, `error` where it is one."""
        if error.kind == "limit" and "model calls" in error.message:
            return "max_turn_requests"
        ended = show.ended
        if error.kind == "denied" and show.collect.text:
            return "end_turn"
        return _STOPS.get(ended or "", "error") if ended in ("length", "refusal", "content_filter") else "error"

    def _approver(self, session_id: str, opened: Open) -> Any:
        if self.flags.approve == "never":
            return None
        one_question = asyncio.Lock()

        async def approve(call: PendingCall) -> Verdict:
            async with one_question:
                return await self._ask(session_id, opened, call)

        return approve

    async def _ask(self, session_id: str, opened: Open, call: PendingCall) -> Verdict:
        """Ask the editor about one call; whatever is no clear yes is a no."""
        if opened.show:
            await opened.show.flush()
        options = [schema.PermissionOption(kind="allow_once", name="Allow once", option_id="once")]
        if call.rule:
            always = schema.PermissionOption(kind="allow_always", name=f"Always: {call.rule}", option_id="always")
            options.append(always)
        options.append(schema.PermissionOption(kind="reject_once", name="Reject", option_id="no"))
        shown = [acp.tool_content(acp.text_block(text)) for text in (call.preview, call.why) if text]
        title = f"{call.who}: {call.name}" if call.who else call.name
        update = acp.update_tool_call(
            call.id, title=title, status="pending", raw_input=call.arguments, content=shown or None
        )
        answer = await self.editor.request_permission(
            session_id=session_id,
            tool_call=schema.ToolCallUpdate(**update.model_dump(exclude={"session_update"}, exclude_none=True)),
            options=options,
        )
        chosen = getattr(answer.outcome, "option_id", None)
        if chosen == "always" and call.rule and opened.talk.permits:
            opened.talk.permits.always(call.rule)
        return Verdict("allow" if chosen in ("once", "always") else "deny")


def _message(blocks: list[Any]) -> Message:
    """Return the user's message of a prompt's blocks: text, media, and resources as they are embedded or named."""
    parts: list[Part] = []
    for each in blocks:
        match each:
            case schema.TextContentBlock():
                parts.append(TextPart(each.text))
            case schema.ImageContentBlock():
                parts.append(MediaPart("image", each.mime_type, data=base64.b64decode(each.data)))
            case schema.AudioContentBlock():
                parts.append(MediaPart("audio", each.mime_type, data=base64.b64decode(each.data)))
            case schema.EmbeddedResourceContentBlock():
                text = getattr(each.resource, "text", None)
                parts.append(TextPart(block("file", text or "(no text)", path=_path(each.resource.uri))))
            case schema.ResourceContentBlock():
                parts.append(TextPart(f"[{each.name}]({_path(each.uri)})"))
            case _:
                raise _wrong(f"a block of type {each.type} cannot be asked")
    return Message("user", tuple(parts))


def _wrong(what: str) -> acp.RequestError:
    """Return the error of a request that cannot be answered, in the words that the editor shows."""
    return acp.RequestError(-32602, what)


def _path(uri: str) -> str:
    found = urlparse(uri)
    return unquote(found.path) if found.scheme == "file" else uri


def _told(message: Message) -> list[Any]:
    """Return the updates that show a message of a session that is loaded."""
    if message.role == "user":
        return [acp.update_user_message_text(message.text)]
    if message.role == "assistant" and message.text:
        return [acp.update_agent_message_text(message.text)]
    return []
