"""all-MiniLM-L6-v2 by ONNX Runtime: sentence embeddings without a service, an account or torch at run time."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnxruntime import InferenceSession, SessionOptions  # type: ignore[import-untyped]
from tokenizers import Encoding, Tokenizer

from ..errors import PrerequisiteError
from ..schema import Vectors
from .minilm_weights import prepare
from .vectors import DEFAULT, encodable, unit_rows

# What the model was trained to read; it does not see what comes after.
MAX_TOKENS = 256
# The tokenizer would read the whole of a long text before it drops all but the first tokens.
MAX_CHARACTERS = 16 * MAX_TOKENS
# Eight texts at once are a fifth faster than one; more gain nothing on one thread.
BATCH = 8
# How many times as long as the shortest text of its batch a text may be: padding is computed like text.
STRETCH = 1.25
# Texts from which on all cores work together; a single exchange keeps to one.
BULK = 64


class _Parts(NamedTuple):
    """What a text goes through."""

    tokenizer: Tokenizer
    session: InferenceSession


class MiniLM:
    """The embedding model all-MiniLM-L6-v2, an `Embedder`. Safe to use from several threads.

    It is read when it is first asked for anything but its name: a process that embeds nothing does without its 100 MB.

    Args:
        folder: Where it lies.
    """

    name = DEFAULT
    dimensions = 384

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def layers_shown(self) -> int:
        """2 when the middle is shown; 1 when the last layer stands for it. Raises as `embed`."""
        return 1 + any(output.name == "middle" for output in self._parts.session.get_outputs())

    @cached_property
    def _parts(self) -> _Parts:
        try:
            tokenizer: Tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
            tokenizer.enable_truncation(MAX_TOKENS)
            tokenizer.no_padding()
            return _Parts(tokenizer, _open_graph(self._folder / "model.onnx"))
        except Exception as error:  # neither ONNX Runtime nor the tokenizer has an error type of its own
            raise PrerequisiteError(
                f"The embedding model in {str(self._folder)!r} is damaged: {error}.",
                fix="Delete this folder: the model is then made again.",
            ) from error

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), 384)`, rows of unit length.

        Only the first 256 tokens, or 4,096 characters, of a text count.

        Raises:
            PrerequisiteError: The model is damaged.
        """
        return self._embed(texts, ["last_hidden_state"])[:, 0]

    def embed_layers(self, texts: Sequence[str]) -> Vectors:
        """Embed texts by the last layer as `embed` does, and by those in the middle, in the same time.

        Returns:
            Shape `(len(texts), 2, 384)`, rows of unit length; both the same where the graph does not show its middle.
        """
        return self._embed(texts, ["last_hidden_state", "middle" if self.layers_shown > 1 else "last_hidden_state"])

    def _embed(self, texts: Sequence[str], outputs: list[str]) -> Vectors:
        """Embed texts by outputs of the graph, shape `(len(texts), len(outputs), 384)`."""
        # One by one: the tokenizer's own batches start threads, which a later fork of the process would break.
        encodings = [self._parts.tokenizer.encode(encodable(text[:MAX_CHARACTERS])) for text in texts]
        rows = np.empty((len(texts), len(outputs), self.dimensions), dtype=np.float32)
        batches = list(_batches_of_like_length(encodings))

        def fill(batch: list[int]) -> None:
            rows[batch] = self._run([encodings[position] for position in batch], outputs)

        if len(texts) < BULK:
            for batch in batches:
                fill(batch)
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(fill, batches))
        return rows

    def _run(self, encodings: list[Encoding], outputs: list[str]) -> Vectors:
        """Embed encodings in one go, shape `(len(encodings), len(outputs), 384)`."""
        ids = np.zeros((len(encodings), max(len(encoding) for encoding in encodings)), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding.ids
            mask[row, : len(encoding)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        weights = mask.astype(np.float32)
        hidden = self._parts.session.run(outputs, inputs)  # each (batch, tokens, 384)
        # The mean over the tokens of a text, but for its length, which goes with the scaling.
        return np.stack([unit_rows(np.einsum("btd,bt->bd", states, weights)) for states in hidden], axis=1)


def _open_graph(path: Path) -> InferenceSession:
    options = SessionOptions()
    # More threads for one text cost more than they save: they wait for each other, and spin while they do.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return InferenceSession(
        path,
        options,
        providers=["CPUExecutionProvider"],
        # On a CPU the fused operator is slower than the two that it replaces, by 5 % of the whole.
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def _batches_of_like_length(encodings: Sequence[Encoding]) -> Iterator[list[int]]:
    """Yield the positions of all encodings, in batches that need little padding."""
    batch: list[int] = []
    for position in sorted(range(len(encodings)), key=lambda position: len(encodings[position])):
        if batch and (len(batch) == BATCH or len(encodings[position]) > STRETCH * len(encodings[batch[0]])):
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


@cache
def load_minilm(cache_folder: Path) -> MiniLM:
    """Return the model, one for the process; the first call on a machine exports or fetches it.

    Args:
        cache_folder: Where the exported graph is kept; created when missing.

    Raises:
        PrerequisiteError: The weights can be had neither from the package nor from the network, or cannot be kept.
    """
    return MiniLM(prepare(cache_folder))
