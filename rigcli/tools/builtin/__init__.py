"""The tools that come with rig: name -> where it is made. Each is a function from a ToolContext to a tool."""

from __future__ import annotations

BUILTIN: dict[str, str] = {
    "read_file": "rigcli.tools.builtin.read_file:make",
    "list_dir": "rigcli.tools.builtin.list_dir:make",
    "grep": "rigcli.tools.builtin.grep:make",
    "shell": "rigcli.tools.builtin.shell:make",
    "python": "rigcli.tools.builtin.python:make",
}
