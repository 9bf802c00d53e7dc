"""glob: files of the working folder by name."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from rigcli.core.ports import Tool
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.folder import shown, working_folder
from rigcli.tools.ignore import Skipper
from rigcli.tools.traits import READS_FILES

MOST = 1000


def make(context: ToolContext) -> Tool:
    """Return the tool for one working folder."""
    folder = working_folder(context.root)

    @tool(read_only=True, traits=READS_FILES)
    def glob(
        pattern: Annotated[str, "for example *.py (at any depth), src/**/*.ts, docs/*.{md,rst}"],
        path: Annotated[str, "folder to look in, relative to the working folder"] = ".",
        max_results: Annotated[int, "most paths to return, 1 to 1000"] = 200,
    ) -> str:
        """Find files of the working folder by a pattern of their paths. Returns one path a line, sorted.

        Files that .gitignore names and links are left out; so are files that usually hold secrets.
        """
        is_folder = folder.is_folder(path)
        wanted = pattern.removeprefix("./")
        below = "/".join(step for step in folder.relative(path).split("/") if step not in ("", "."))
        globs = [wanted, f"{below}/{wanted.lstrip('/')}"] if below else [wanted]
        skip = Skipper(folder, start=path, globs=globs, gitignore=is_folder)
        most = max(1, min(max_results, MOST))
        found = list(islice(folder.names(path, skip), most + 1))
        notes = [f"[more than {most}: narrow the pattern or the path]"] if len(found) > most else []
        if skip.secrets:
            notes.append(f"[{skip.secrets} files that usually hold secrets were left out]")
        if not found:
            notes.insert(0, "[no file is named like that]")
        return "\n".join([*map(shown, found[:most]), *notes])

    return glob
