"""The tools that run what a model wrote: a command line, and Python that stays."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from rigcli.core.ports import ToolError, traits_of
from rigcli.core.progress import listener
from rigcli.tools.builtin import python, shell
from rigcli.tools.context import ToolContext
from rigcli.tools.sandbox.box import Box
from rigcli.tools.sandbox.bubblewrap import find

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the supervisor needs a POSIX system")
needs_box = pytest.mark.skipif(find().path is None, reason=f"no sandbox here: {find().why}")


@pytest.fixture(params=[pytest.param("auto", marks=needs_box), "off"])
def context(request: pytest.FixtureRequest, tmp_path: Path) -> ToolContext:
    return ToolContext(tmp_path, Box(mode=request.param), 30)


def sh(context: ToolContext, command: str, **more: Any) -> str:
    return asyncio.run(shell.make(context).run({"command": command, **more}))


def test_shell_returns_output_and_the_exit_code_if_it_is_not_0(context: ToolContext) -> None:
    assert sh(context, "echo hi") == "hi"
    assert sh(context, "echo no >&2; exit 2") == "no\n[exit code 2]"
    assert sh(context, "true") == "[no output]"


def test_shell_works_in_a_folder_below_and_in_no_other(context: ToolContext) -> None:
    (context.root / "sub").mkdir()
    (context.root / "out").symlink_to("/etc")
    assert sh(context, "basename $PWD", cwd="sub") == "sub"
    for cwd in ("..", "/etc", "out", "sub/../.."):
        with pytest.raises(ToolError, match="outside the working folder"):
            sh(context, "pwd", cwd=cwd)
    with pytest.raises(ToolError, match="no folder"):
        sh(context, "pwd", cwd="nowhere")


def test_shell_stops_a_command_in_time_and_keeps_what_it_said(context: ToolContext) -> None:
    begun = time.monotonic()
    assert (
        sh(context, "echo begun; sleep 60", timeout=0.5)
        == "begun\n[stopped after 0.5 s, with everything that it had started]"
    )
    assert time.monotonic() - begun < 10


def test_what_a_command_prints_cannot_act_on_a_terminal(context: ToolContext) -> None:
    assert sh(context, r"printf 'a\033[31mred\033]0;x\007 \302\2331m end'") == "ared  end"


def test_shell_tells_lines_while_it_runs(context: ToolContext) -> None:
    told: list[str] = []

    async def watched() -> None:
        listener.set(told.append)
        await shell.make(context).run({"command": "echo one; echo two"})

    asyncio.run(watched())
    assert told == ["one", "two"]


def test_a_nul_in_a_command_is_refused(context: ToolContext) -> None:
    with pytest.raises(ToolError, match="NUL"):
        sh(context, "echo \0")


def test_what_code_has_to_do_with_the_world_depends_on_the_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rigcli.tools.sandbox import run
    from rigcli.tools.sandbox.bubblewrap import Found

    def of(box: Box) -> tuple[bool, bool]:
        traits = traits_of(shell.make(ToolContext(tmp_path, box)))
        return traits.sends, traits.unboxed

    monkeypatch.setattr(run, "find", lambda: Found("/usr/bin/bwrap"))
    assert of(Box()) == (False, False)
    assert of(Box(network=True)) == (True, False)
    assert of(Box(mode="off")) == (True, False)
    monkeypatch.setattr(run, "find", lambda: Found(None, "not installed"))
    assert of(Box()) == (True, True)


def calls(context: ToolContext, *code: Any) -> list[str]:
    tool = python.make(context)

    async def each() -> list[str]:
        try:
            return [await tool.run(c if isinstance(c, dict) else {"code": c}) for c in code]
        finally:
            await tool.close()

    return asyncio.run(each())


def test_what_python_code_defined_is_there_at_the_next_call(context: ToolContext) -> None:
    assert calls(context, "x = 20\ndef f(n): return n + x", "f(22)", "_ * 2", "print('a'); x") == [
        "[no output]",
        "42",
        "84",
        "a\n20",
    ]


def test_an_error_is_a_traceback_of_the_code_alone_and_nothing_is_lost(context: ToolContext) -> None:
    first, second = calls(context, "x = 1\n1 / 0", "x")
    assert "ZeroDivisionError" in first
    assert "python_worker" not in first
    assert second == "1"


def test_code_that_runs_too_long_is_stopped_and_the_loss_is_said(context: ToolContext) -> None:
    _, stopped, after = calls(
        context, "x = 1", {"code": "print('begun')\nimport time; time.sleep(60)", "timeout": 0.7}, "'x' in globals()"
    )
    assert stopped == "begun\nstopped after 0.7 s; variables and imports are lost"
    assert after == "False"


def test_an_interpreter_that_dies_is_said_and_replaced(context: ToolContext) -> None:
    died, after = calls(context, "import os; print('bye', flush=True); os._exit(5)", "1 + 1")
    assert died == "bye\nthe interpreter ended (exit code 5); variables and imports are lost"
    assert after == "2"


def test_a_fresh_interpreter_can_be_asked_for(context: ToolContext) -> None:
    assert calls(context, "x = 1", {"code": "'x' in globals()", "restart": True})[-1] == "False"


def test_python_prints_of_children_and_floods_are_kept_in_part(context: ToolContext) -> None:
    out = calls(context, "import os; os.system('echo child'); print('y' * 300000); print('last')")[0]
    assert out.startswith("child")
    assert out.endswith("last")
    assert "bytes left out" in out


def test_syntax_errors_and_exits_are_told(context: ToolContext) -> None:
    assert "SyntaxError" in calls(context, "1 +")[0]
    assert calls(context, "raise SystemExit(3)")[0] == "SystemExit: 3"
