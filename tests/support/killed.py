"""`rig`, killed at its Nth step: python killed.py N rig-arguments… A step is a write, a sync, or a tool's own act.

At the steps before N everything is as always; N 0 kills nothing and prints on the last line of stderr how many steps
there were. Whoever is asked about a call says yes; that is a step too.
"""

import os
import signal
import sys
from typing import Any

at, seen = int(sys.argv[1]), [0]
LOG = os.environ["KILLED_LOG"]


def step() -> None:
    seen[0] += 1
    if seen[0] == at:
        os.kill(os.getpid(), signal.SIGKILL)


def stepping(name: str) -> None:
    real = getattr(os, name)

    def call(fd: int, *more: Any) -> Any:
        step()
        done = real(fd, *more)
        step()
        return done

    setattr(os, name, call)


def note(word: str) -> str:
    """What the tools of this run do: one line a call, in one write that no step divides."""
    step()
    fd = REAL_OPEN(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    REAL_WRITE(fd, f"{word}\n".encode())
    os.close(fd)
    step()
    return f"noted {word}"


REAL_OPEN, REAL_WRITE = os.open, os.write
stepping("write")
stepping("fsync")


def main() -> int:
    from rigcli.cli import approver, toolbox
    from rigcli.cli.app import guarded
    from rigcli.core.ports import PendingCall, Verdict
    from rigcli.tools.decorator import tool
    from rigcli.tools.registry import Offer

    @tool
    def act(word: str) -> str:
        return note(word)

    @tool(read_only=True)
    def look(word: str) -> str:
        return note(word)

    async def yes(call: PendingCall) -> Verdict:
        step()
        return Verdict("allow")

    mine = {"act": act, "look": look}
    toolbox.known_tools = lambda *_: {name: Offer(name, "test", lambda: None) for name in mine}
    toolbox.make_tool = lambda offer, *_: mine[offer.name]
    approver.terminal_approver = lambda *_, **__: yes
    code = guarded(sys.argv[2:])
    sys.stderr.write(f"{seen[0]}\n")
    return code


sys.exit(main())
