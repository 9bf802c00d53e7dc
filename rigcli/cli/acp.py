"""`rig acp`: rig as an agent that editors talk to, by the Agent Client Protocol over stdin and stdout."""

from __future__ import annotations

import typer

from rigcli.cli import flags as f
from rigcli.cli.flag_table import model_flags
from rigcli.core.errors import Exit, UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def acp(
    model: f.ModelFlag = None,
    system: f.SystemFlag = None,
    agent: f.AgentFlag = None,
    index: f.IndexesFlag = None,
    tool: f.ToolsFlag = None,
    tools_dir: f.ToolsDirFlag = None,
    no_tools: f.NoToolsFlag = False,
    no_session: f.NoSessionFlag = False,
    option: f.OptionsFlag = None,
    base_url: f.BaseUrlFlag = None,
    wire: f.WireFlag = None,
    max_turns: f.MaxTurnsFlag = None,
    approve: f.ApproveFlag = None,
    yes: f.YesFlag = False,
    offline: f.OfflineFlag = False,
    local_only: f.LocalOnlyFlag = False,
    debug: f.DebugFlag = False,
) -> int:
    """Serve an editor that speaks the Agent Client Protocol (Zed and others). The editor starts this command.

    Without -T and -A the tools of your settings are offered, or all built-in ones where there are none.
    """
    values = dict(locals())
    from rigcli.cli.aio import run_async

    try:
        from rigcli.cli.acp_agent import serve
    except ImportError:
        raise UsageError(
            "rig acp: the package agent-client-protocol is not installed", hint="pip install 'rigcli[acp]'"
        ) from None
    run_async(serve(model_flags(values)))
    return Exit.OK
