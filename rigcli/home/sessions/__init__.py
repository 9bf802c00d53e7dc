"""Conversations on disk: `Store` finds and opens them, `Session` writes one. See session.py for how it is used."""

from rigcli.home.sessions.answer import AnswerJournal
from rigcli.home.sessions.listing import Row
from rigcli.home.sessions.runs import OpenRun
from rigcli.home.sessions.session import Session
from rigcli.home.sessions.store import Store
from rigcli.home.sessions.transcript import Node, Transcript

__all__ = ["AnswerJournal", "Node", "OpenRun", "Row", "Session", "Store", "Transcript"]
