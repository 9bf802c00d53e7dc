"""The search of the grep tool, in a process of its own: a question as JSON on stdin, hits as lines on stdout.

A hit is `path:line:text`; the last line is a JSON object: `{"files", "secrets", "more"}`, or `{"error"}`. A path that
begins with `{` is written with `./` before it.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

LONGEST = 20_000  # characters of a line that are searched: what is longer is data, not text
SHOWN = 300  # characters of a line that are returned
MEMORY = 1 << 30
CPU_SECONDS = 60


def main() -> None:
    _limit()
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))  # isolated Python knows no folder of ours
    from rigcli.core.ports import ToolError  # noqa: PLC0415  only now can it be found

    question: dict[str, Any] = json.load(sys.stdin)
    try:
        answer = search(question)
    except ToolError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)  # noqa: T201  stdout is how a child answers


def search(question: dict[str, Any]) -> dict[str, Any]:
    """Print the hits and return the counts. Raises ToolError."""
    from rigcli.core.ports import ToolError  # noqa: PLC0415  see main
    from rigcli.tools.folder import working_folder  # noqa: PLC0415
    from rigcli.tools.ignore import Skipper  # noqa: PLC0415

    pattern = _compiled(question["pattern"], re.IGNORECASE if question["ignore_case"] else 0)
    folder = working_folder(Path(question["root"]))
    is_folder = folder.is_folder(question["path"])
    skip = Skipper(folder, start=question["path"], globs=question["globs"], gitignore=is_folder)
    files = hits = 0
    for opened in folder.files(question["path"], skip):
        files += 1
        with suppress(ToolError):  # binary
            for hit in _hits(opened, pattern):
                if hits == question["most"]:
                    return {"files": files, "secrets": skip.secrets, "more": True}
                print(hit, flush=True)  # noqa: T201  what was found must be out when the time is up
                hits += 1
    return {"files": files, "secrets": skip.secrets, "more": False}


def _hits(opened: Any, pattern: re.Pattern[str]) -> Any:
    from rigcli.tools.folder import shown  # noqa: PLC0415  see main
    from rigcli.tools.text_file import lines  # noqa: PLC0415

    path = shown(opened.path)
    path = f"./{path}" if path.startswith("{") else path
    for number, line in enumerate(lines(opened.file, opened.size), 1):
        if pattern.search(line[:LONGEST]):
            text = line if len(line) <= SHOWN else line[:SHOWN] + "…"
            yield f"{path}:{number}:" + text.encode("utf-8", "replace").decode().replace("\r", "\\r")


def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    from rigcli.core.ports import ToolError  # noqa: PLC0415  see main

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise ToolError(f"the pattern is no regular expression: {error}") from None


def _limit() -> None:
    """Bound memory and processor time, so that this process ends even if nobody is left to end it."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  not on Windows

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
