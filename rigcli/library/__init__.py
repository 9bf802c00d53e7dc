"""The library: what `import rigcli` offers, and how rooms are put together for it and for the command line alike.

reach      a model and the way to it: row, key, server, wire, door
model      Model: one model that can be asked
agent      Agent: a model with tools
answer     Answer: what came
index      Index: search over files
session    Session: conversations on disk
beside     what providers have beside chat: vectors, ranking, speech, pictures
inline     files at an address, for servers that take bytes only
telemetry  OpenTelemetry spans of runs
waiting    run: the same for scripts and notebooks

Nothing here reads flags, prints, or knows a terminal. Nothing is imported by this file: `rigcli/__init__.py` names the
modules, and each is imported when its name is first used.
"""
