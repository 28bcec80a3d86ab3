"""Reads an index through, in a process of its own: a damaged one can crash whoever reads it."""

import sys
from pathlib import Path

import chromadb
from chromadb.config import Settings

PAGE = 2_000


def probe(path: Path) -> None:
    """Read all vectors of all collections, and search each collection with some of them.

    Raises:
        Exception: Whatever Chroma makes of a damaged index, if it survives it.
    """
    client = chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False))
    for collection in client.list_collections():
        for offset in range(0, collection.count(), PAGE):
            vectors = collection.get(limit=PAGE, offset=offset, include=["embeddings"])["embeddings"]
            if vectors is None or len(vectors) != min(PAGE, collection.count() - offset):
                raise ValueError("vectors are missing")
            collection.query(query_embeddings=vectors[:: PAGE // 100], n_results=10, include=["distances"])


if __name__ == "__main__":
    probe(Path(sys.argv[1]))
