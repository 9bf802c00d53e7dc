"""The client of the Model Context Protocol: servers that others wrote, their tools, resources and prompts.

`spec` reads what a server is, `formats` and `places` how other programs write that down, `launch` starts a command,
`client` holds one connection, `hub` several. The official SDK is an extra and is imported in `client`, `transport`,
`oauth` and `tasks` only, when a connection is opened. Nothing here decides what may run.
"""
