"""From arguments to one command, and from its end to an exit code."""

from __future__ import annotations

import errno
import gc
import sys
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from rigcli import __version__
from rigcli.cli import quick
from rigcli.cli.flag_table import ask_flags, model_flags
from rigcli.cli.table import COMMANDS, help_text
from rigcli.core.errors import BugError, Exit, RigError, Terminated, UsageError, interruption

_OUTPUT_FAILED = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

if TYPE_CHECKING:
    from typer.core import TyperCommand


def run(argv: list[str]) -> NoReturn:
    """Run one command and end the process; every error becomes one line on stderr and a documented exit code."""
    # Nearly all that a short run makes lives to its end: looking through it for garbage every 700 objects is 5 % of it.
    gc.set_threshold(50_000, 20, 50)
    closed = _fill_closed_streams()
    code = guarded(argv) if "stdout" not in closed else _no_stdout(argv)
    try:
        sys.stdout.flush()
    except OSError as error:
        code = _output_failed(error, [], code)
    sys.exit(code)


def guarded(argv: list[str]) -> int:
    """Return the exit code of `dispatch(argv)`, whatever it raises."""
    try:
        return dispatch(argv)
    except KeyboardInterrupt as cause:
        _report_interruption(cause, argv)
        return Exit.INTERRUPTED
    except Terminated as cause:
        _report_interruption(cause, argv)
        return Exit.TERMINATED
    except Exception as error:  # noqa: BLE001  this is where each of them becomes an exit code
        return _failed(error, argv)


def dispatch(argv: list[str]) -> int:
    """Find the command that the first word names and run it. Raises RigError."""
    if argv in (["--version"], ["-V"]):
        sys.stdout.write(f"rig {__version__}\n")
        return Exit.OK
    if argv and argv[0] in ("-h", "--help", "help") and len(argv) == 1:
        sys.stdout.write(help_text())
        return Exit.OK
    name, rest = choose(argv, on_terminal=_is_terminal())
    return invoke(name, rest)


def choose(argv: list[str], *, on_terminal: bool) -> tuple[str, list[str]]:
    """Return the command and its arguments. A first word that is no command is a question, unless it nearly is one."""
    if not argv:
        return ("chat", []) if on_terminal else ("ask", [])
    first = argv[0]
    if first in COMMANDS:
        return first, argv[1:]
    if not first.startswith("-") and " " not in first.strip():
        from difflib import get_close_matches

        if near := get_close_matches(first, COMMANDS, n=2, cutoff=0.65):
            known = " or ".join(f"`rig {n}`" for n in near)
            raise UsageError(f"no command {first!r}", hint=f'did you mean {known}? To ask it: rig ask "{first}"')
    return "ask", argv


def invoke(name: str, arguments: list[str]) -> int:
    """Import the command's module, parse its arguments and run it. Raises RigError."""
    if name == "ask" and (values := quick.parse(arguments)) is not None:
        from rigcli.cli.ask_run import run_ask

        return run_ask(model_flags(values), ask_flags(values))
    import typer

    command = load(name)
    try:
        # Not command.main(): it would turn a reader that left into exit code 1 before anybody could keep the turn.
        with command.make_context(f"rig {name}", arguments) as context:
            result = command.invoke(context)
    except typer.TyperException as error:
        from rigcli.cli.misuse import usage_error

        raise usage_error(error, name) from None
    except typer.Exit as error:
        return error.exit_code
    except typer.Abort:
        return Exit.INTERRUPTED
    return result if isinstance(result, int) else Exit.OK


def load(name: str) -> TyperCommand:
    """Return the parser of one command; only its own module is imported."""
    from importlib import import_module

    from typer.main import get_command

    return get_command(import_module(COMMANDS[name].module).app)  # pyright: ignore[reportReturnType]  typer says click.Command


def _is_terminal() -> bool:
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout.isatty())


def _report(error: RigError, argv: list[str]) -> None:
    """One line on stderr, and the error object on stdout where JSON was asked for and not yet written."""
    from rigcli.core.text_filter import clean

    if not error.reported:
        with suppress(OSError, ValueError):
            _report_json(error, argv)
    with suppress(OSError, ValueError):
        sys.stderr.write("rig: " + " ".join(clean(error.line()).split()) + "\n")


def _report_interruption(cause: BaseException, argv: list[str]) -> None:
    """Write the error object, unless the command has: who pressed Ctrl-C need not be told so on stderr."""
    error = interruption(cause)
    if not error.reported:
        with suppress(OSError, ValueError):
            _report_json(error, argv)


def _report_json(error: RigError, argv: list[str]) -> None:
    """Write what `--format json` and `jsonl` promise, for a failure before the command could write it itself."""
    kind = next((kind for kind in ("json", "jsonl") if _wants(kind, argv)), None)
    if kind is None:
        return
    import json

    whole: dict[str, object] = {"v": 1, "error": error.to_json()}
    if argv[0] == "ask" or argv[0] not in COMMANDS:
        from rigcli.ui.collect import Collect

        whole = Collect().whole(error=error)
    lines = [whole] if kind == "json" else [{"v": 1, "type": "error"} | error.to_json(), {"type": "end"} | whole]
    sys.stdout.writelines(json.dumps(line) + "\n" for line in lines)


def _wants(kind: str, argv: list[str]) -> bool:
    return f"--format={kind}" in argv or ("--format", kind) in pairwise(argv)


def _failed(error: Exception, argv: list[str]) -> int:
    """Report what ended the run; return its exit code."""
    if isinstance(error, OSError) and error.errno in _OUTPUT_FAILED:
        return _output_failed(error, argv)
    if not isinstance(error, RigError):
        if "--debug" in argv:
            raise error
        what = f"a bug in rig: {type(error).__name__}: {error}"
        error = BugError(what, hint="run again with --debug and report it")
    _report(error, argv)
    return error.exit_code


def _output_failed(error: OSError, argv: list[str], code: int = 0) -> int:
    """Return the exit code of a stdout whose reader left, or that takes no more; `code` is that of the run before."""
    _swallow_stdout()
    if isinstance(error, BrokenPipeError):
        return code or Exit.PIPE_CLOSED
    from rigcli.home.paths import storage_error

    failed = storage_error(error.filename or "stdout", error)
    _report(failed, argv)
    return code or failed.exit_code


def _no_stdout(argv: list[str]) -> int:
    error = UsageError("stdout: closed, so that nobody could read what comes", hint="send it somewhere: >/dev/null")
    _report(error, argv)
    return error.exit_code


def _fill_closed_streams() -> list[str]:
    """Open the null device for each standard stream that came closed, and return their names.

    Their numbers would go to the next files that are opened, and what is meant for stderr would end up in a session.
    """
    import os

    names = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in names:
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  takes the lowest free number
    return names


def _swallow_stdout() -> None:
    """Point stdout at nothing, so that Python's last flush cannot complain about it."""
    import os

    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
