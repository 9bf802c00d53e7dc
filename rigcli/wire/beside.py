"""The wires beside chat, once: what each is for, whose door it shares, where its code is.

A provider's servers often have more than chat: vectors, ranking, speech, pictures. Which wire that is follows from the
wire for chat, unless the row names another one among its `wires`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, Literal, NamedTuple, TypeAlias

from rigcli.core.errors import UsageError

Ability: TypeAlias = Literal["embed", "rerank", "transcribe", "speak", "image"]


class Beside(NamedTuple):
    """`family` is the wire for chat whose door (base URL, key header) it shares; `path` is `module:class`."""

    ability: Ability
    family: str
    path: str


BESIDE: dict[str, Beside] = {
    "openai-embeddings": Beside("embed", "openai-chat", "rigcli.wire.embeddings.openai:OpenAIEmbeddings"),
    "voyage": Beside("embed", "openai-chat", "rigcli.wire.embeddings.openai:VoyageEmbeddings"),
    "cohere-embed": Beside("embed", "cohere-v2", "rigcli.wire.embeddings.cohere:CohereEmbeddings"),
    "gemini-embed": Beside("embed", "gemini", "rigcli.wire.embeddings.gemini:GeminiEmbeddings"),
    "ollama-embed": Beside("embed", "ollama", "rigcli.wire.embeddings.ollama:OllamaEmbeddings"),
    "vertex-embed": Beside("embed", "gemini", "rigcli.wire.embeddings.vertex:VertexEmbeddings"),
    "titan-embed": Beside("embed", "bedrock-converse", "rigcli.wire.embeddings.titan:TitanEmbeddings"),
    "jina-rerank": Beside("rerank", "openai-chat", "rigcli.wire.rerank:JinaRerank"),
    "openai-transcription": Beside("transcribe", "openai-chat", "rigcli.wire.transcription:OpenAITranscription"),
    "elevenlabs-transcription": Beside(
        "transcribe", "elevenlabs-speech", "rigcli.wire.listening.elevenlabs:ElevenLabsTranscription"
    ),
    "deepgram-transcription": Beside(
        "transcribe", "deepgram-speech", "rigcli.wire.listening.deepgram:DeepgramTranscription"
    ),
    "xai-transcription": Beside("transcribe", "openai-chat", "rigcli.wire.listening.xai:XAITranscription"),
    "gemini-transcription": Beside("transcribe", "gemini", "rigcli.wire.listening.gemini:GeminiTranscription"),
    "hf-transcription": Beside(
        "transcribe", "hf-transcription", "rigcli.wire.listening.huggingface:HuggingFaceTranscription"
    ),
    "openai-speech": Beside("speak", "openai-chat", "rigcli.wire.speech.openai:OpenAISpeech"),
    "xai-speech": Beside("speak", "openai-chat", "rigcli.wire.speech.xai:XAISpeech"),
    "hyperbolic-speech": Beside("speak", "openai-chat", "rigcli.wire.speech.hyperbolic:HyperbolicSpeech"),
    "elevenlabs-speech": Beside("speak", "elevenlabs-speech", "rigcli.wire.speech.elevenlabs:ElevenLabsSpeech"),
    "deepgram-speech": Beside("speak", "deepgram-speech", "rigcli.wire.speech.deepgram:DeepgramSpeech"),
    "gemini-speech": Beside("speak", "gemini", "rigcli.wire.speech.gemini:GeminiSpeech"),
    "hf-speech": Beside("speak", "hf-speech", "rigcli.wire.speech.huggingface:HuggingFaceSpeech"),
    "openai-images": Beside("image", "openai-chat", "rigcli.wire.images.openai:OpenAIImages"),
    "openai-chat-images": Beside("image", "openai-chat", "rigcli.wire.images.chat:ChatImages"),
    "gemini-images": Beside("image", "gemini", "rigcli.wire.images.gemini:GeminiImages"),
    "imagen": Beside("image", "gemini", "rigcli.wire.images.gemini:Imagen"),
    "titan-image": Beside("image", "bedrock-converse", "rigcli.wire.images.invoke:TitanImages"),
    "stability-image": Beside("image", "bedrock-converse", "rigcli.wire.images.invoke:StabilityImages"),
    "hf-image": Beside("image", "openai-chat", "rigcli.wire.images.plain:PlainImages"),
}
"""Name of a wire -> what it is; the class takes the row's quirks."""

FOR_CHAT: dict[Ability, dict[str, str]] = {
    "embed": {
        "openai-chat": "openai-embeddings",
        "openai-responses": "openai-embeddings",
        "cohere-v2": "cohere-embed",
        "gemini": "gemini-embed",
        "ollama": "ollama-embed",
        "bedrock-converse": "titan-embed",
    },
    "rerank": {"openai-chat": "jina-rerank", "openai-responses": "jina-rerank"},
    "transcribe": {
        "openai-chat": "openai-transcription",
        "openai-responses": "openai-transcription",
        "gemini": "gemini-transcription",
    },
    "speak": {"openai-chat": "openai-speech", "openai-responses": "openai-speech", "gemini": "gemini-speech"},
    "image": {
        "openai-chat": "openai-images",
        "openai-responses": "openai-images",
        "gemini": "gemini-images",
        "bedrock-converse": "titan-image",
    },
}
"""Wire for chat -> the wire beside it that its servers have where the row names no other."""


def wire_beside(ability: Ability, chat: str, own: Iterable[str] = ()) -> str | None:
    """Return the wire for an ability: the row's own, or what goes with its wire for chat; None where there is none."""
    named = (name for name in (chat, *own) if name in BESIDE and BESIDE[name].ability == ability)
    return next(named, FOR_CHAT[ability].get(chat))


def load_beside(ability: Ability, name: str, quirks: Mapping[str, Any] | None = None) -> Any:
    """Return the wire of that name; that of a chat wire will do. Raises UsageError that lists those there are."""
    row = BESIDE.get(FOR_CHAT[ability].get(name, name))
    if row is None or row.ability != ability:
        names = ", ".join(wire for wire, other in BESIDE.items() if other.ability == ability)
        raise UsageError(f"no wire for {_NOUNS[ability]} {name!r}", hint=f"there are {names}")
    module, _, attribute = row.path.partition(":")
    return getattr(import_module(module), attribute)(quirks or {})


_NOUNS: dict[Ability, str] = {
    "embed": "embeddings",
    "rerank": "ranking",
    "transcribe": "speech to text",
    "speak": "text to speech",
    "image": "pictures",
}
