"""Fakes that ship beside the real thing: a scripted model and a loopback server, for your tests as for ours.

`ScriptedModel` stands where a model call stands in the engine; `FakeServer` speaks the wires over real HTTP; `replay`
answers from a recording made by `rig ask --record FILE`.
Nothing in here reaches beyond 127.0.0.1, sleeps, or needs more than the standard library.
"""

from __future__ import annotations

from rigcli.testing.model import Answer, ScriptedModel, call
from rigcli.testing.recorded import replay
from rigcli.testing.replies import Reply
from rigcli.testing.server import FakeServer, Received

__all__ = ["Answer", "FakeServer", "Received", "Reply", "ScriptedModel", "call", "replay"]
