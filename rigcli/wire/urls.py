"""Base URLs as people write them -> the base that a wire's paths are joined to. Pure text, no request."""

from __future__ import annotations

_ENDINGS: dict[str, tuple[str, ...]] = {
    "openai-chat": ("/chat/completions",),
    "openai-responses": ("/responses", "/chat/completions"),
    "anthropic-messages": ("/v1/messages", "/messages", "/v1"),
    "cohere-v2": ("/v2/chat", "/v2", "/v1"),
    "cohere-embed": ("/v2/embed", "/v2", "/v1"),
    "gemini-embed": ("/v1beta/models", "/v1beta", "/v1"),
    "jina-rerank": ("/rerank",),
    "openai-embeddings": ("/embeddings",),
    "openai-transcription": ("/audio/transcriptions",),
    "openai-images": ("/images/generations", "/images/edits"),
    "openai-chat-images": ("/chat/completions",),
    "gemini-images": ("/v1beta/models", "/v1beta", "/v1"),
    "imagen": ("/v1beta/models", "/v1beta", "/v1"),
    "elevenlabs-transcription": ("/v1/speech-to-text", "/v1"),
    "deepgram-transcription": ("/v1/listen", "/v1"),
    "xai-transcription": ("/stt",),
    "gemini-transcription": ("/v1beta/models", "/v1beta", "/v1"),
    "openai-speech": ("/audio/speech",),
    "xai-speech": ("/tts",),
    "elevenlabs-speech": ("/v1/text-to-speech", "/v1"),
    "deepgram-speech": ("/v1/speak", "/v1"),
    "gemini-speech": ("/v1beta/models", "/v1beta", "/v1"),
    "voyage": ("/embeddings",),
    "gemini": ("/v1beta/models", "/v1beta", "/v1"),
    "ollama-embed": ("/api/embed", "/api", "/v1"),
    "ollama": ("/api/chat", "/api", "/v1/chat/completions", "/v1"),
}


def base_url(wire: str, url: str) -> str:
    """Return a base URL without what the wire's own path adds; a query stays.

    `https://api.anthropic.com/v1/messages` and `…/v1` are both `https://api.anthropic.com` to anthropic-messages.
    """
    address, mark, query = url.partition("?")
    address = address.rstrip("/")
    for ending in _ENDINGS.get(wire, ()):
        if address.endswith(ending):
            address = address.removesuffix(ending)
            break
    return address + mark + query
