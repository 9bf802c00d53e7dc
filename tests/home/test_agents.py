"""Agents, roles and templates as files: what they say, and what is said about a mistake in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rigcli.core.errors import ConfigError, DeniedError, UsageError
from rigcli.home.agents import find_agent, known_agents, with_agent
from rigcli.home.front_matter import read
from rigcli.home.roles import find_form
from rigcli.home.settings import Settings, load
from rigcli.home.trust import read_project, trust

FULL = """---
description: >
  Reads code
  and says what is wrong
model: openai/gpt-4o
tools: [read_file, grep]
native: web_search
indexes: [docs]
examples:
  - Review this diff
options: {temperature: 0.5, stop: END}
limits: {max_turns: 7, timeout: 30}
permits:
  deny: ["grep(path=private/**)"]
---

You review code.
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "RIG_HOME": str(tmp_path / "rig"), "RIG_MODEL": "ollama/x"}


def put(env: dict[str, str], name: str, text: str) -> None:
    path = Path(env["RIG_HOME"]) / "config" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def settings_of(env: dict[str, str], cwd: Path, **flags: object) -> Settings:
    return load(env, cwd, flags)


def test_an_agent_is_a_layer_below_the_flags_and_above_the_environment(env: dict[str, str], tmp_path: Path) -> None:
    put(env, "agents/reviewer.md", FULL)
    settings = settings_of(env, tmp_path, **{"tools.max_turns": 3})
    agent = find_agent(settings, "reviewer")
    assert (agent.description, agent.system) == ("Reads code and says what is wrong", "You review code.")
    assert agent.examples == ("Review this diff",)
    over = with_agent(settings, agent)
    assert over.get("model") == "openai/gpt-4o"
    assert over.origin("model") == "agent reviewer"
    assert over.get("tools.max_turns") == 3
    assert over.get("tools.enabled") == ["read_file", "grep"]
    assert over.get("run.timeout") == 30
    assert over.section("options") == {"temperature": 0.5, "stop": "END"}
    assert over.get("permits.deny") == ["grep(path=private/**)"]
    assert over.said("system")
    assert not settings.said("system")


def test_toml_and_markdown_say_the_same(env: dict[str, str], tmp_path: Path) -> None:
    put(env, "agents/a.toml", 'system = "Hi."\ntools = ["grep"]\n[limits]\nmax_turns = 2\n')
    put(env, "agents/b.md", "+++\ntools = ['grep']\n[limits]\nmax_turns = 2\n+++\nHi.")
    put(env, "agents/c.md", "---\ntools: grep\nlimits:\n  max_turns: 2\n---\nHi.")
    settings = settings_of(env, tmp_path)
    one, two, three = (find_agent(settings, name) for name in "abc")
    assert one.values == two.values == three.values


def test_a_system_prompt_that_begins_with_an_at_sign_names_no_file(env: dict[str, str], tmp_path: Path) -> None:
    put(env, "agents/a.md", "@/etc/passwd")
    agent = find_agent(settings_of(env, tmp_path), "a")
    assert agent.values["system",] == " @/etc/passwd"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("---\ntols: [grep]\n---\nHi", "unknown key 'tols'", "did you mean tools?"),
        ("---\nlimits: {max_turn: 1}\n---\nHi", "limits: unknown key 'max_turn'", "did you mean max_turns?"),
        ("---\nlimits: {max_turns: 0}\n---\nHi", "limits.max_turns must be at least 1", None),
        ("---\ntools: {a: 1}\n---\nHi", "tools must be a list of texts", None),
        ("---\npermits: {allow: ['*']}\n---\nHi", "permits: unknown key 'allow'", "the keys are: ask, deny"),
        ("---\nmodel: 5\n---\nHi", "model must be a text, not 5", None),
        ("---\nmodel: [\n---\nHi", "a.md:3", "mend the front matter"),
        ("---\na: &x [1]\nb: *x\n---\nHi", "aliases", None),
        ("---\nmodel: x\n", "the front matter has no end", "close it with a line ---"),
        ("---\n- a\n---\nHi", "must be a table", None),
        ("---\nsystem: x\n---\nHi", "system is what stands below", None),
        ("\xff", "", None),
    ],
)
def test_mistakes_name_the_file_and_the_key(
    env: dict[str, str], tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    put(env, "agents/a.md", text)
    if not message:
        (Path(env["RIG_HOME"]) / "config/agents/a.md").write_bytes(b"\xff\xfe")
        message = "is not UTF-8"
    with pytest.raises(ConfigError) as raised:
        find_agent(settings_of(env, tmp_path), "a")
    assert message in raised.value.message
    assert "a.md" in raised.value.message
    if hint:
        assert raised.value.hint == hint


def test_an_agent_that_is_not_there_is_told_with_near_names(env: dict[str, str], tmp_path: Path) -> None:
    put(env, "agents/reviewer.md", FULL)
    put(env, "agents/not a name.md", FULL)
    settings = settings_of(env, tmp_path)
    assert list(known_agents(settings)) == ["reviewer"]
    with pytest.raises(UsageError) as raised:
        find_agent(settings, "reviwer")
    assert raised.value.line() == "no agent 'reviwer' (did you mean reviewer?)"


def test_a_projects_agent_counts_once_the_project_is_trusted(env: dict[str, str], tmp_path: Path) -> None:
    put(env, "agents/reviewer.md", FULL)
    repo = tmp_path / "home" / "repo"
    (repo / ".rig" / "agents").mkdir(parents=True)
    (repo / ".rig" / "agents" / "reviewer.md").write_text("The project's.")
    (repo / ".rig" / "agents" / "builder.md").write_text("Builds.")
    before = settings_of(env, repo)
    assert find_agent(before, "reviewer").system == "You review code."
    with pytest.raises(DeniedError, match=r"builder: .* is not trusted"):
        find_agent(before, "builder")
    trust(read_project(repo / ".rig"), before.folders)
    after = settings_of(env, repo)
    (repo / ".rig" / "agents" / "reviewer.md").write_text("Changed behind the hash.")
    assert find_agent(after, "reviewer").system == "The project's."
    assert find_agent(after, "builder").path == repo / ".rig" / "agents" / "builder.md"
    with pytest.raises(DeniedError):
        find_agent(settings_of(env, repo), "builder")


def test_a_text_without_front_matter_is_all_body() -> None:
    assert read(Path("x.md"), "just\n---\ntext") == ({}, "just\n---\ntext")


def test_a_template_names_what_it_needs(env: dict[str, str], tmp_path: Path) -> None:
    put(
        env,
        "templates/t.md",
        "---\nparameters:\n  tone: {default: plain, description: how}\n  who:\n    required: true\n  size: 3\n---\n"
        "{{tone}} {{who}} {{size}} {{other}} {{input}}",
    )
    form = find_form(settings_of(env, tmp_path), "templates", "t")
    assert [(each.name, each.default) for each in form.shown()] == [
        ("tone", "plain"),
        ("who", None),
        ("size", 3),
        ("other", None),
    ]
    with pytest.raises(UsageError, match="template t: needs who, other"):
        form.prompt({}, "x")
    assert form.prompt({"who": "{{tone}}", "other": "o"}, "{{who}}") == "plain {{tone}} 3 o {{who}}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nparameters: 3\n---\nx", "parameters must be a table"),
        ("---\nparameters: {a: {defalt: 1}}\n---\nx", "parameters.a: unknown key 'defalt'"),
        ("---\nparameters: {a: {default: 1, required: true}}\n---\nx", "what has a default is not required"),
        ("---\ndescription: x\n---\n", "there is no text in it"),
        ("{{ a", "template"),
    ],
)
def test_a_wrong_template_is_one_error(env: dict[str, str], tmp_path: Path, text: str, message: str) -> None:
    put(env, "templates/t.md", text)
    with pytest.raises(ConfigError, match=message):
        find_form(settings_of(env, tmp_path), "templates", "t")
