"""What the built-in tools have to do with the world, by kind."""

from __future__ import annotations

from rigcli.core.ports import Traits

READS_FILES = Traits(sends=False, private=True, untrusted=True)
"""Files of a project are the user's own and, in a repository from elsewhere, the words of strangers at once."""
WRITES_FILES = Traits(sends=False, private=False, untrusted=False)
READS_WEB = Traits(sends=True, private=False, untrusted=True)
"""An address can carry data in its path and query."""
STAYS_HERE = Traits(sends=False, private=False, untrusted=False)
RUNS_CODE = Traits(sends=True, private=True, untrusted=True)
RUNS_CODE_OFFLINE = Traits(sends=False, private=True, untrusted=True)
"""In a sandbox without network."""
RUNS_CODE_UNBOXED = Traits(sends=True, private=True, untrusted=True, unboxed=True)
"""Where there is no sandbox, although the user wants one."""
