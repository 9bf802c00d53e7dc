"""`rig roles`: system prompts with parameters."""

from __future__ import annotations

from rigcli.cli.form_commands import commands

NEW = """---
description: What this role is for
# parameters:
#   subject: {description: what it is about}
#   tone: {default: friendly}
---
You are a careful teacher. Explain one thing at a time, with an example.
"""

app = commands("roles", NEW)
