"""The files of Chroma's graphs: overwriting what should not stay in them.

Chroma keeps a collection's vectors in the memory of a graph (hnswlib) and writes that memory to disk as it is: with
deleted vectors, which are only marked, and with unused places, which hold whatever that memory held before: pieces of
texts, too. The same goes for the vectors' norms. All this is overwritten here, in the files.
"""

import struct
from pathlib import Path

import numpy as np

from ..errors import PrerequisiteError

HEADER = struct.Struct("<i6Q")
VERSION = 1
FLAGS = 2
"""Where an element's flags are; its links are around them."""

DELETED = 1


def scrub(folder: Path) -> None:
    """Overwrite the deleted vectors and the unused places of every graph of an index that is not being written.

    Args:
        folder: The folder of the index.

    Raises:
        PrerequisiteError: When Chroma writes another format than this one, hnswlib's with Chroma's changes.
    """
    for header in folder.glob("*/header.bin"):
        version, links, _, used, size, label, vector = HEADER.unpack_from(header.read_bytes())
        file = header.with_name("data_level0.bin")
        places, rest = divmod(file.stat().st_size, size)
        if version != VERSION or rest or used > places:
            raise PrerequisiteError(
                "The installed chromadb writes graphs in an unknown format, which cannot be scrubbed.",
                fix="Install the version that `constraints.txt` names.",
            )
        elements = np.memmap(file, dtype=np.uint8, mode="r+", shape=(places, size))
        deleted = np.flatnonzero(elements[:used, links + FLAGS] & DELETED)
        elements[deleted, vector:label] = 0
        elements[used:] = 0
        elements.flush()
        norms = np.memmap(header.with_name("length.bin"), dtype=np.float32, mode="r+")
        norms[used:] = 0
        norms.flush()
