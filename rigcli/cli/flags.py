"""The shared flags as typer declares them, from the table that also the quick parser reads."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rigcli.cli.flag_table import FLAGS, Approve, Color, Format


def _option(parameter: str) -> Any:
    flag = FLAGS[parameter]
    return typer.Option(*flag.names, metavar=flag.metavar, help=flag.help, min=flag.minimum)


ModelFlag = Annotated[str | None, _option("model")]
SystemFlag = Annotated[str | None, _option("system")]
FilesFlag = Annotated[list[str] | None, _option("file")]
IndexesFlag = Annotated[list[str] | None, _option("index")]
AgentFlag = Annotated[str | None, _option("agent")]
RoleFlag = Annotated[str | None, _option("role")]
TemplateFlag = Annotated[str | None, _option("template")]
ParametersFlag = Annotated[list[str] | None, _option("parameter")]
ToolsDirFlag = Annotated[list[str] | None, _option("tools_dir")]
ToolsFlag = Annotated[list[str] | None, _option("tool")]
NoToolsFlag = Annotated[bool, _option("no_tools")]
NativeFlag = Annotated[list[str] | None, _option("native")]
MessagesFlag = Annotated[str | None, _option("messages")]
ToolsFileFlag = Annotated[str | None, _option("tools_file")]
SchemaFlag = Annotated[str | None, _option("schema")]
ContinueFlag = Annotated[bool, _option("continue_")]
ResumeFlag = Annotated[str | None, _option("resume")]
NoSessionFlag = Annotated[bool, _option("no_session")]
OptionsFlag = Annotated[list[str] | None, _option("option")]
FormatFlag = Annotated[Format | None, _option("format_")]
CodeFlag = Annotated[bool, _option("code")]
NoStdinFlag = Annotated[bool, _option("no_stdin")]
NoSourcesFlag = Annotated[bool, _option("no_sources")]
ExplainFlag = Annotated[bool, _option("explain")]
QuietFlag = Annotated[bool, _option("quiet")]
VerboseFlag = Annotated[bool, _option("verbose")]
DebugFlag = Annotated[bool, _option("debug")]
BaseUrlFlag = Annotated[str | None, _option("base_url")]
WireFlag = Annotated[str | None, _option("wire")]
NoStreamFlag = Annotated[bool, _option("no_stream")]
TimeoutFlag = Annotated[float | None, _option("timeout")]
RetriesFlag = Annotated[int | None, _option("retries")]
MaxTurnsFlag = Annotated[int | None, _option("max_turns")]
MaxCostFlag = Annotated[float | None, _option("max_cost")]
ApproveFlag = Annotated[Approve | None, _option("approve")]
PauseFlag = Annotated[bool, _option("pause")]
YesFlag = Annotated[bool, _option("yes")]
OfflineFlag = Annotated[bool, _option("offline")]
LocalOnlyFlag = Annotated[bool, _option("local_only")]
RecordFlag = Annotated[str | None, _option("record")]
ReplayFlag = Annotated[str | None, _option("replay")]
ColorFlag = Annotated[Color, _option("color")]
