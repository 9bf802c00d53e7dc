"""grep: lines in files of the working folder that match a regular expression.

The search runs in a child process, because a pattern can take for ever and Python cannot interrupt a match. It is
Python's `re` and no other program, so that a pattern means the same on every machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from rigcli.core.ports import Tool, ToolError
from rigcli.tools.child import Ran, run_python
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.folder import working_folder
from rigcli.tools.traits import READS_FILES

SECONDS = 20.0
MOST_BYTES = 60_000
SCRIPT = str(Path(__file__).with_name("grep_child.py"))


def make(context: ToolContext, *, seconds: float = SECONDS) -> Tool:
    """Return the tool for one working folder."""
    folder = working_folder(context.root)

    @tool(read_only=True, traits=READS_FILES)
    async def grep(
        pattern: Annotated[str, "regular expression (Python), matched against each line"],
        path: Annotated[str, "file or folder to search, relative to the working folder"] = ".",
        glob: Annotated[str | None, "only files like this, for example *.py or docs/**/*.md"] = None,
        ignore_case: Annotated[bool, "do not tell upper and lower case apart"] = False,  # noqa: FBT002  a model names it
        max_results: Annotated[int, "most lines to return, 1 to 1000"] = 100,
    ) -> str:
        """Search text files of the working folder. Returns path:line:text, one match a line.

        Files that .gitignore names, binary files and links are left out; so are files that usually hold secrets,
        unless `path` names one.
        """
        folder.is_folder(path)  # a path that is wrong is told before a process is started
        question = {
            "root": str(folder.root),
            "pattern": pattern,
            "path": path,
            "globs": [glob] if glob else [],
            "ignore_case": ignore_case,
            "most": max(1, min(max_results, 1000)),
        }
        ran = await run_python(SCRIPT, json.dumps(question).encode(), seconds=seconds, most=MOST_BYTES)
        return _report(ran, seconds)

    return grep


def _report(ran: Ran, seconds: float) -> str:
    """Return the hits and, below them, what they do not show."""
    *whole, _cut = ran.output.decode("utf-8", "replace").split("\n")
    hits = [line for line in whole if not line.startswith("{")]
    told: dict[str, Any] = {}
    for line in whole:
        if line.startswith("{"):
            told = json.loads(line)
    if "error" in told:
        raise ToolError(told["error"])
    if ran.end == "done" and not told:
        raise ToolError("the search broke off: it ran out of memory or of time; make the pattern simpler")
    notes: list[str] = []
    if ran.end == "time":
        notes.append(f"stopped after {seconds:g} s: a simpler pattern or a smaller folder is quicker")
    if ran.end == "output" or told.get("more"):
        notes.append("there is more: narrow the pattern, the path or the glob")
    if told.get("secrets"):
        notes.append(f"{told['secrets']} files that usually hold secrets were left out: name one in path to search it")
    if not hits:
        notes.insert(0, f"no match in {told['files']} files" if told else "no match so far")
    return "\n".join([*hits, *(f"[{note}]" for note in notes)])
