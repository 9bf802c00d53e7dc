"""`rig ask`: one answer, made for pipelines."""

from __future__ import annotations

from typing import Annotated

import typer

from rigcli.cli import flags as f
from rigcli.cli.flag_table import ask_flags, model_flags

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
PromptArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[PROMPT]...", help="The question; - reads stdin.", show_default=False)
]


@app.command()
def ask(
    prompt: PromptArgument = None,
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
    messages: f.MessagesFlag = None,
    tools_file: f.ToolsFileFlag = None,
    schema: f.SchemaFlag = None,
    continue_: f.ContinueFlag = False,
    resume: f.ResumeFlag = None,
    no_session: f.NoSessionFlag = False,
    option: f.OptionsFlag = None,
    format_: f.FormatFlag = None,
    code: f.CodeFlag = False,
    no_stdin: f.NoStdinFlag = False,
    no_sources: f.NoSourcesFlag = False,
    explain: f.ExplainFlag = False,
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
    pause: f.PauseFlag = False,
    offline: f.OfflineFlag = False,
    local_only: f.LocalOnlyFlag = False,
    record: f.RecordFlag = None,
    replay: f.ReplayFlag = None,
    color: f.ColorFlag = "auto",
) -> int:
    """Ask once and print the answer.

    The answer goes to stdout, everything else to stderr. Piped text is read as input:

    git diff | rig ask "Write a commit message"
    """
    values = dict(locals())
    from rigcli.cli.ask_run import run_ask

    return run_ask(model_flags(values), ask_flags(values))
