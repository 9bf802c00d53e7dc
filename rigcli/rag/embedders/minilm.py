"""The embedder that comes with the package: all-MiniLM-L6-v2 as int8 ONNX (data/MODEL.md says how it was made)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from rigcli.core.ports import Purpose

IDENTITY = "minilm-int8-1"
"""Changes whenever the vectors do: an index made with another one has to be made again."""
WIDTH = 384
MAX_TOKENS = 256

_DATA = Path(__file__).parent / "data"
_BATCH_TOKENS = 2048
_BATCH_TEXTS = 16
"""More in a batch leaves the processor's cache: 8 to 16 texts of 128 tokens were the fastest on two cores."""


class MiniLM:
    """Texts to unit vectors of 384 float32; no network, no state. The model is read at the first text."""

    identity = IDENTITY
    width = WIDTH

    def __init__(self, threads: int = 0) -> None:
        """`threads` 0 lets onnxruntime use every core."""
        self._threads = threads

    @cached_property
    def _session(self) -> Any:
        # 44 MB of library that most commands never need; it ships no types.
        onnxruntime: Any = import_module("onnxruntime")
        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Spinning threads take the core that the tokenizer and SQLite need: without, 99 texts a second instead of 87.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_mem_pattern = False  # batches have all shapes; a plan for each costs more than it gives
        return onnxruntime.InferenceSession(str(_DATA / "model.onnx"), options, providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer: Any = import_module("tokenizers").Tokenizer.from_file(str(_DATA / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    def embed(self, texts: Sequence[str], purpose: Purpose = "document") -> Any:
        """Return float32 of shape (len(texts), 384), unit length, in the order of the texts."""
        _ = purpose  # a question and a passage have the same vectors here
        import numpy as np  # noqa: PLC0415  only where vectors are made

        vectors = np.zeros((len(texts), WIDTH), np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda number: -len(tokens[number]))
        first = 0
        while first < len(order):
            length = len(tokens[order[first]])
            batch = order[first : first + max(1, min(_BATCH_TEXTS, _BATCH_TOKENS // length))]
            ids = np.zeros((len(batch), length), np.int64)
            mask = np.zeros((len(batch), length), np.int64)
            for row, number in enumerate(batch):
                count = len(tokens[number])
                ids[row, :count] = tokens[number]
                mask[row, :count] = 1
            vectors[batch] = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
            first += len(batch)
        return vectors
