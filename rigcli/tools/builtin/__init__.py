"""The tools that come with rig: name -> where it is made. Each is a function from a ToolContext to a tool."""

from __future__ import annotations

BUILTIN: dict[str, str] = {
    "read_file": "rigcli.tools.builtin.read_file:make",
    "list_dir": "rigcli.tools.builtin.list_dir:make",
    "glob": "rigcli.tools.builtin.glob:make",
    "grep": "rigcli.tools.builtin.grep:make",
    "write_file": "rigcli.tools.builtin.write_file:make",
    "edit_file": "rigcli.tools.builtin.edit_file:make",
    "shell": "rigcli.tools.builtin.shell:make",
    "python": "rigcli.tools.builtin.python:make",
    "fetch_url": "rigcli.tools.builtin.fetch_url:make",
    "web_search": "rigcli.tools.builtin.web_search:make",
    "search_index": "rigcli.tools.builtin.search_index:make",
    "memory": "rigcli.tools.builtin.memory:make",
    "think": "rigcli.tools.builtin.think:make",
    "time": "rigcli.tools.builtin.clock:make",
    "ask_user": "rigcli.tools.builtin.ask_user:make",
}
