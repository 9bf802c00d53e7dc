"""`rig templates`: prompts with parameters; `{{input}}` is what the user says and pipes in."""

from __future__ import annotations

from rigcli.cli.form_commands import commands

NEW = """---
description: What this template is for
# parameters:
#   language: {default: English}
# options: {temperature: 0}
---
Summarise this text in three sentences:

{{input}}
"""

app = commands("templates", NEW)
