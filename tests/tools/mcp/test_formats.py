"""Servers as other programs write them down."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.errors import ConfigError, RigError
from rigcli.tools.mcp.formats import plain_name, read_servers
from rigcli.tools.mcp.spec import NAME, read_server


def test_the_common_format():
    text = json.dumps(
        {
            "mcpServers": {
                "files": {"command": "npx", "args": ["-y", "server", "/tmp"], "env": {"A": "1"}},
                "web": {"type": "http", "url": "https://e.test/mcp", "headers": {"X-Key": "${KEY}"}},
                "old": {"type": "sse", "url": "https://e.test/x"},
                "off": {"command": "x", "disabled": True},
            }
        }
    )
    assert read_servers(text, "f") == {
        "files": {"command": "npx", "args": ["-y", "server", "/tmp"], "env": {"A": "1"}},
        "web": {"transport": "http", "url": "https://e.test/mcp", "headers": {"X-Key": "${KEY}"}},
        "old": {"transport": "sse", "url": "https://e.test/x"},
        "off": {"command": "x", "args": [], "enabled": False},
    }


def test_vs_code_with_comments_and_inputs():
    text = """{
      // servers of mine
      "inputs": [{"id": "token", "type": "promptString", "password": true}],
      "servers": { "gh": { "type": "http", "url": "https://e.test/mcp//x", /* auth */
        "headers": {"Authorization": "Bearer ${input:token}"}, }, },
    }"""
    assert read_servers(text, "f")["gh"] == {
        "url": "https://e.test/mcp//x",
        "transport": "http",
        "headers": {"Authorization": "Bearer ${key:mcp/token}"},
    }


def test_mistral_rs():
    text = json.dumps(
        {
            "servers": [
                {
                    "name": "Hub Server",
                    "source": {"type": "Http", "url": "https://e.test/mcp", "timeout_secs": 9},
                    "bearer_token": "t",
                },
                {
                    "name": "files",
                    "tool_prefix": "fs",
                    "enabled": False,
                    "source": {"type": "Process", "command": "srv", "args": ["a"], "work_dir": "/w", "env": {"B": "2"}},
                },
            ],
            "tool_timeout_secs": 30,
        }
    )
    assert read_servers(text, "f") == {
        "Hub-Server": {"url": "https://e.test/mcp", "headers": {"Authorization": "Bearer t"}, "timeout": 9},
        "fs": {"command": "srv", "args": ["a"], "cwd": "/w", "env": {"B": "2"}, "enabled": False, "timeout": 30},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "one JSON object"),
        ("{", "not JSON"),
        ("{}", "no mcpServers"),
        ('{"mcpServers": {"a": 1}}', "an object expected"),
        ('{"servers": [{"name": "x"}]}', "a source expected"),
        ('{"servers": [{"name": "x", "source": {"type": "WebSocket", "url": "wss://x"}}]}', "no WebSocket"),
    ],
)
def test_a_file_that_is_none_is_one_line(text: str, said: str):
    with pytest.raises(ConfigError, match=said):
        read_servers(text, "f")


@given(st.text(max_size=60))
def test_any_name_becomes_one_that_rig_takes(name: str):
    assert NAME.fullmatch(plain_name(name))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(["mcpServers", "servers", "mcp"]), JSON | st.dictionaries(st.text(max_size=5), st.dictionaries(st.sampled_from(["command", "args", "env", "url", "type", "headers", "cwd", "enabled_tools"]), JSON))))  # fmt: skip
def test_whatever_a_file_says_is_read_or_refused_in_words(document: object):
    try:
        for name, table in read_servers(json.dumps(document), "f").items():
            read_server(name, table, "f")
    except RigError:
        pass
