from rigcli.core.errors import RigError as RigError
from rigcli.core.messages import assistant as assistant
from rigcli.core.messages import system as system
from rigcli.core.messages import user as user
from rigcli.library.agent import Agent as Agent
from rigcli.library.answer import Answer as Answer
from rigcli.library.index import Index as Index
from rigcli.library.mcp import mcp_tools as mcp_tools
from rigcli.library.model import Model as Model
from rigcli.library.session import Session as Session
from rigcli.library.waiting import run as run
from rigcli.tools.decorator import tool as tool

__version__: str
