"""rig: a terminal companion for language models, and the library under it.

    from rigcli import Model, run
    print(run(Model("ollama/llama3.2").ask("Why is the sky blue?")))

The face is lazy: a name is imported when it is asked for, so that `import rigcli` costs nothing. Types of the lazy
names stand in `__init__.pyi`; docs/library.md shows how they are used.
"""

__version__ = "0.1.0"

_LAZY = {
    "Agent": "rigcli.library.agent",
    "Answer": "rigcli.library.answer",
    "Index": "rigcli.library.index",
    "Model": "rigcli.library.model",
    "RigError": "rigcli.core.errors",
    "Session": "rigcli.library.session",
    "assistant": "rigcli.core.messages",
    "mcp_tools": "rigcli.library.mcp",
    "run": "rigcli.library.waiting",
    "system": "rigcli.core.messages",
    "tool": "rigcli.tools.decorator",
    "user": "rigcli.core.messages",
}
__all__ = list(_LAZY)  # pyright: ignore[reportUnsupportedDunderAll]  they come by __getattr__


def __getattr__(name: str) -> object:
    """Import a name of the face when it is first used."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  nothing is imported before it is needed

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
