"""Reading logs: files in any of the formats that are known, as dialogues and faults."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..records import Dialogue, Fault, Format, JsonPath, Place
from ..summary import LogFile
from .copying import copies
from .detection import storage_of
from .faults import fault, shown
from .joining import Joining
from .nodes import Node
from .shapes import Shapes
from .storage import Entry, Storage
from .tracing import size, trace

_EVERY = 512
_OTHER = "Not read: no ending of a log. If it is one, give it by its name."


@dataclass
class _Counts:
    """What has been read of a file."""

    formats: Counter[Format] = field(default_factory=Counter)
    records: int = 0
    faults: int = 0


class Logs:
    """Files of logs.

    What is in them, and how it is stored, is told by their content, of every record anew. Memory does not grow with
    them.

    Args:
        files: The files.
        format: The only format that they may have; `None`: any.
        columns: What fields or columns are called, by our names for them: `prompt`, `response`, `system`, `context`,
            `id`, `at`.
        others: Files beside them that are not read, which is told.

    Raises:
        InputError: One of our names is none.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        format: Format | None = None,  # noqa: A002 - what users call it
        columns: Mapping[str, str] | None = None,
        others: Sequence[Path] = (),
    ) -> None:
        self._paths = list(files)
        self._format = format
        self._columns = dict(columns or {})
        self._shapes = Shapes(format, self._columns)
        self._others = list(others)
        self._counts = self._uncounted()
        self.size = sum(map(size, self._paths))

    @property
    def paths(self) -> list[str]:
        """The files, as they were given."""
        return [str(path) for path in self._paths]

    @property
    def files(self) -> list[LogFile]:
        """What has been read so far, by file; the exchanges in them are not counted here."""
        return [
            LogFile(file=file, formats=dict(counts.formats), records=counts.records, faults=counts.faults)
            for file, counts in self._counts.items()
        ]

    def read(self, progress: Callable[[int], None] | None = None) -> Iterator[Dialogue | Fault]:
        """Yield the dialogues, and what cannot be used: after the dialogue that it is about, if there is one.

        Args:
            progress: Called now and then with the bytes of the files that have been read so far.

        Raises:
            PrerequisiteError: A package that a file needs is missing.
        """
        report = progress or (lambda _: None)
        self._counts = self._uncounted()
        yield from (fault(Place(shown(str(path)), 0), "unknown_format", _OTHER) for path in self._others)
        with Joining() as joining:
            before = 0
            for path in self._paths:
                storage = self._storage(path)
                for number, entry in enumerate(storage.entries(), start=1):
                    yield from self._counted(self._read(entry, str(path), storage, joining))
                    if number % _EVERY == 0:
                        report(before + storage.consumed())
                before += size(path)
                report(before)
            yield from self._counted(joining.rest())

    def copy(self, out: Path, replaced: Callable[[Place], Mapping[JsonPath, str]]) -> list[Path]:
        """Write a copy of every file, stored in the same way, with other texts in some records.

        What could not be read was not audited, and is not in the copies; neither are records in which a text cannot be
        replaced. All others stay as they are.

        Args:
            out: The folder for the copies; their paths in it are those from the files' common folder on.
            replaced: Returns the new texts of a record, by their paths; empty: it stays as it is.

        Returns:
            The copies.

        Raises:
            InputError: A copy cannot be written.
            PrerequisiteError: A package that a file needs is missing.
        """
        return list(copies(self._paths, out, self._storage, partial(self._chosen, replaced)))

    def fingerprint(self) -> str:
        """Return what tells whether these are the same logs, to be read in the same way, as at another time."""
        how = [self._format, sorted(self._columns.items()), [shown(str(path)) for path in self._others]]
        digest = hashlib.blake2b(json.dumps(how).encode(), digest_size=16)
        for path in self._paths:
            digest.update(trace(path))
        return digest.hexdigest()

    def _storage(self, path: Path) -> Storage:
        return storage_of(path, self._format, self._shapes.are_columns)

    def _chosen(
        self, replaced: Callable[[Place], Mapping[JsonPath, str]], path: Path, entry: Entry
    ) -> Mapping[JsonPath, str] | None:
        is_read = entry.code is None and self._shapes.of(entry.record) is not None
        return replaced(Place(shown(str(path)), entry.line)) if is_read else None

    def _read(self, entry: Entry, file: str, storage: Storage, joining: Joining) -> Iterable[Dialogue | Fault]:
        place = Place(shown(file), entry.line)
        counts = self._counts[place.file]
        counts.records += entry.line > 0
        if entry.code:
            return [fault(place, entry.code, entry.message)]
        shape = self._shapes.of(entry.record)
        if shape is None:
            return [fault(place, "unknown_format")]
        counts.formats[storage.format or shape.name] += 1
        node = Node(entry.record, (), place)
        return joining.take(node) if shape.dialogues is None else _judged(shape.dialogues(node), place)

    def _counted(self, found: Iterable[Dialogue | Fault]) -> Iterator[Dialogue | Fault]:
        for each in found:
            if isinstance(each, Fault):
                self._counts[each.file].faults += 1
            yield each

    def _uncounted(self) -> dict[str, _Counts]:
        return {shown(str(path)): _Counts() for path in self._paths}


def _judged(dialogues: Iterable[Dialogue], place: Place) -> Iterator[Dialogue | Fault]:
    """Yield dialogues with turns, each followed by what is missing in it."""
    for dialogue in dialogues:
        roles = {turn.role for turn in dialogue.turns}
        if roles:
            yield dialogue
        if not roles - {"assistant"}:
            yield fault(place, "no_prompt")
        elif "assistant" not in roles:
            yield fault(place, "no_response")
