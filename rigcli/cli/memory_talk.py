"""Memory in a conversation: what the model is told of it, and the tool's way to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigcli.core.services import Scope
from rigcli.engine.caller import caller
from rigcli.engine.remember import preamble
from rigcli.engine.taint import Seen, seen
from rigcli.home.memory import MemoryStore

if TYPE_CHECKING:
    from rigcli.cli.talk import Talk


@dataclass
class TalkMemory:
    """The memory of one conversation (core.services.Memory)."""

    talk: Talk
    kept: MemoryStore

    @property
    def store(self) -> MemoryStore:
        """The memory of the session that is talked in now: a chat may go on in another one."""
        if (session := self.talk.session.id or None) != self.kept.session:
            self.kept = MemoryStore(self.kept.folder, session)
        return self.kept

    @classmethod
    def of(cls, talk: Talk) -> TalkMemory:
        folder = talk.settings.folders.data / "memory"
        return cls(talk, MemoryStore(folder, talk.session.id or None))

    def record(self, scope: Scope, key: str, value: str) -> None:
        """Keep a value, with a mark where strangers' words were read before: they may have asked for it."""
        tools = {tool.spec.name: tool for tool in self.talk.tools}
        read = seen(self.talk.session.messages(), tools, Seen(untrusted=bool(self.talk.native)))
        above = caller.get()
        strange = read.untrusted or bool(above and above.seen and above.seen.untrusted)
        self.store.record(scope, key, value, strange=strange)

    def forget(self, scope: Scope, key: str) -> bool:
        return self.store.forget(scope, key)

    def text(self) -> tuple[str, Seen]:
        """Return what the model is told, and what it has read by that. Raises StorageError."""
        user, session = self.store.entries("user"), self.store.entries("session")
        text = preamble(((e.key, e.value) for e in user), ((e.key, e.value) for e in session))
        return text, Seen(untrusted=any(e.strange for e in (*user, *session)), private=bool(text))
