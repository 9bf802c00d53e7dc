"""list_dir: what is in a folder of the working folder."""

from __future__ import annotations

from typing import Annotated

from rigcli.core.ports import Tool, ToolError
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.folder import Entry, Folder, shown, working_folder
from rigcli.tools.traits import READS_FILES

MOST_ENTRIES = 1000
DEEPEST = 5


def make(context: ToolContext) -> Tool:
    """Return the tool for one working folder."""
    folder = working_folder(context.root)

    @tool(read_only=True, traits=READS_FILES)
    def list_dir(
        path: Annotated[str, "path of the folder, relative to the working folder"] = ".",
        depth: Annotated[int, "how many levels of folders to show, 1 to 5"] = 1,
    ) -> str:
        """List a folder of the working folder: folders end with /, files come with their size in bytes."""
        if not 1 <= depth <= DEEPEST:
            raise ToolError(f"depth {depth}: 1 to {DEEPEST}")
        found = _listed(folder, path, depth, "")
        if not found:
            return "[the folder is empty]"
        more = len(found) - MOST_ENTRIES
        return "\n".join(found[:MOST_ENTRIES] + ([f"[… {more} more; list one of the folders]"] if more > 0 else []))

    return list_dir


def _listed(folder: Folder, path: str, depth: int, indent: str) -> list[str]:
    out: list[str] = []
    for entry in folder.entries(path):
        out.append(indent + _line(entry))
        if entry.kind != "folder" or depth == 1 or entry.name == ".git" or len(out) > MOST_ENTRIES:
            continue
        try:
            out += _listed(folder, f"{path}/{entry.name}", depth - 1, indent + "  ")
        except ToolError:  # no permission, or gone by now
            out.append(f"{indent}  [cannot be read]")
    return out


def _line(entry: Entry) -> str:
    name = shown(entry.name)
    match entry.kind:
        case "folder":
            return f"{name}/"
        case "link":
            return f"{name} -> {shown(entry.target)}"
        case "file":
            return f"{name}  {entry.size:,}"
        case "other":
            return f"{name}  (no regular file)"
