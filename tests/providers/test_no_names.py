"""A provider is data: no code of the package knows one by name or by host."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import rigcli
from rigcli.net.endpoint import is_loopback
from rigcli.providers.rows import Rows
from rigcli.wire import WIRES
from rigcli.wire.beside import BESIDE

PACKAGE = Path(rigcli.__file__).parent
SOURCES = sorted(path for path in PACKAGE.rglob("*.py"))
PROMISED = {
    "ai21", "anthropic", "anthropic-compatible", "ark", "azure", "bedrock", "cerebras", "chatgpt", "cloudflare", "cohere",
    "copilot", "dashscope", "deepinfra", "deepseek", "doubleword", "fireworks", "gemini", "github", "groq", "huggingface",
    "hunyuan", "hyperbolic", "litellm", "llamacpp", "lmstudio", "minimax", "mira", "mistral", "mistralrs", "moonshot",
    "nebius", "novita", "nvidia", "ollama", "openai", "openai-compatible", "openrouter", "perplexity", "qianfan",
    "responses-compatible", "sambanova", "sglang", "siliconflow", "stepfun", "tgi", "together", "venice", "vercel",
    "vertexai", "vllm", "xai", "xiaomimimo", "zai",
}  # fmt: skip
NAMES = set(Rows().names()) - set(WIRES)  # a wire has a name of its own
FORMATS = {
    "library/embedding.py": {"openai"},
    "rag/embedders/remote.py": {"openai"},
    "tools/mcp/places.py": {"gemini", "mistralrs"},
}
"""Words that name a format of embeddings there, or another program whose settings are read, not a provider."""
HOSTS = {
    host
    for row in Rows().all()
    if row.base_url and "." in (host := urlsplit(row.base_url).hostname or "") and not is_loopback(host)
}


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every string of a source that is no docstring, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.lineno, node.value


def test_every_provider_that_is_promised_has_its_row() -> None:
    assert set(Rows().names()) >= PROMISED


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_source_names_a_provider_or_its_host(path: Path) -> None:
    names = NAMES - FORMATS.get(path.relative_to(PACKAGE).as_posix(), set())
    found = [(line, text) for line, text in strings(path) if text.lower() in names or any(h in text for h in HOSTS)]
    assert found == []


DECIDING = ("startswith", "endswith", "search", "match", "fullmatch", "removeprefix")
FROM_SERVERS = {
    "x_groq",
    "venice_parameters",
    "anthropic-beta",
    "anthropic_beta",
    "anthropic-version",
    "anthropic_version",
}
"""Fields and headers that have a provider's name in them, and are read by whoever gets them."""


def decided_by(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the strings that code is compared with, and that hold a provider's name as a word, with their lines."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                parts: list[ast.expr] = [node.left, *node.comparators]
            case ast.MatchValue():
                parts = [node.value]
            case ast.Call(func=ast.Attribute(attr=name)) if name in DECIDING:
                parts = node.args
            case _:
                continue
        for inner in (inner for part in parts for inner in ast.walk(part)):
            text = inner.value if isinstance(inner, ast.Constant) and isinstance(inner.value, str) else ""
            if NAMES & set(re.findall(r"[a-z0-9]+", text.lower())):
                yield inner.lineno, text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_is_decided_by_a_part_of_a_providers_name(path: Path) -> None:
    known = {*WIRES, *BESIDE, *FROM_SERVERS}
    assert [found for found in decided_by(ast.parse(path.read_text("utf-8"))) if found[1] not in known] == []


@pytest.mark.parametrize(
    "code",
    ['row.name == "mistral-eu"', 'name.startswith("groq/")', 're.search("^(azure|x)$", name)', '"mira" in (name, "b")'],
)
def test_a_decision_by_name_would_be_found(code: str) -> None:
    assert list(decided_by(ast.parse(code)))
