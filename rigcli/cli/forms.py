"""Agents, roles and templates that a command line names: what they make of the settings and of the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigcli.core.errors import UsageError
from rigcli.home.agents import find_agent, with_agent
from rigcli.home.roles import Form, find_form, with_form
from rigcli.inputs.rendering import pairs

if TYPE_CHECKING:
    from rigcli.cli.flag_table import ModelFlags
    from rigcli.home.settings import Settings


def overlaid(settings: Settings, flags: ModelFlags) -> Settings:
    """Return the settings with what agent, role and template say; a template goes before a role, that before an agent.

    Raises UsageError (no such, a parameter is missing or unknown), DeniedError (untrusted project), ConfigError.
    """
    given = pairs(flags.parameters)
    if given and not (flags.role or flags.template):
        raise UsageError("-p: there is no template and no role that takes parameters", hint="-t NAME or --role NAME")
    if flags.agent:
        settings = with_agent(settings, find_agent(settings, flags.agent))
    role = find_form(settings, "roles", flags.role) if flags.role else None
    template = find_form(settings, "templates", flags.template) if flags.template else None
    if role:
        settings = with_form(settings, role, role.prompt(_for(role, given, template)))
    if template:
        own = _for(template, given, role)
        template.values_of(own)
        settings = with_form(settings, template, template.system_prompt(own))
    return settings


@dataclass(frozen=True)
class Filled:
    """A template with its parameters, waiting for the input."""

    form: Form
    given: Mapping[str, str]

    @classmethod
    def of(cls, settings: Settings, flags: ModelFlags) -> Filled:
        """Return the template that the flags name. Raises as `overlaid`."""
        form = find_form(settings, "templates", flags.template or "")
        role = find_form(settings, "roles", flags.role) if flags.role else None
        return cls(form, _for(form, pairs(flags.parameters), role))

    @property
    def takes_input(self) -> bool:
        return self.form.takes_input

    def __call__(self, said: str) -> str:
        if self.takes_input:
            if not said:
                raise UsageError(
                    f"template {self.form.name}: nothing to put into it", hint="give it a prompt, or pipe text into it"
                )
            return self.form.prompt(self.given, said)
        return "\n\n".join(filter(None, (self.form.prompt(self.given), said)))


def _for(form: Form, given: Mapping[str, str], other: Form | None) -> dict[str, str]:
    """Return the parameters that a role or template is given: those of the other one are not its business."""
    own = {each.name for each in form.shown()}
    others = {each.name for each in other.shown()} - own if other else set[str]()
    return {name: value for name, value in given.items() if name not in others}
