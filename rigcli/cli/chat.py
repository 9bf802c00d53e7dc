"""`rig chat`: a conversation in the terminal."""

from __future__ import annotations

import typer

from rigcli.cli import flags as f
from rigcli.cli.flag_table import model_flags

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def chat(
    model: f.ModelFlag = None,
    system: f.SystemFlag = None,
    file: f.FilesFlag = None,
    index: f.IndexesFlag = None,
    agent: f.AgentFlag = None,
    role: f.RoleFlag = None,
    template: f.TemplateFlag = None,
    parameter: f.ParametersFlag = None,
    tool: f.ToolsFlag = None,
    tools_dir: f.ToolsDirFlag = None,
    no_tools: f.NoToolsFlag = False,
    native: f.NativeFlag = None,
    schema: f.SchemaFlag = None,
    continue_: f.ContinueFlag = False,
    resume: f.ResumeFlag = None,
    no_session: f.NoSessionFlag = False,
    option: f.OptionsFlag = None,
    quiet: f.QuietFlag = False,
    verbose: f.VerboseFlag = False,
    debug: f.DebugFlag = False,
    base_url: f.BaseUrlFlag = None,
    wire: f.WireFlag = None,
    no_stream: f.NoStreamFlag = False,
    timeout: f.TimeoutFlag = None,
    retries: f.RetriesFlag = None,
    max_turns: f.MaxTurnsFlag = None,
    max_cost: f.MaxCostFlag = None,
    approve: f.ApproveFlag = None,
    yes: f.YesFlag = False,
    offline: f.OfflineFlag = False,
    local_only: f.LocalOnlyFlag = False,
    record: f.RecordFlag = None,
    replay: f.ReplayFlag = None,
    color: f.ColorFlag = "auto",
) -> int:
    """Talk with a model. Enter sends, Alt-Enter breaks the line, @path attaches, /help lists the commands.

    Ctrl-C stops an answer and keeps what came; twice leaves.
    """
    values = dict(locals())
    from rigcli.cli.chat_loop import run_chat

    return run_chat(model_flags(values), tuple(file or ()))
