"""What other filters do, to compare with: a deny list in Presidio, and the nearest document by cosine similarity."""

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..errors import PrerequisiteError
from ..schema import Target
from ..stores.targets import TargetStore
from .checkers import Baseline, names_of

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

ALIKE = 0.6
"""The cosine similarity from which on the nearest document counts; a usual choice, not tuned."""

_ENTITY = "TARGET"
_NO_NAME = "\0"


class PresidioFilter(Baseline):
    """Withhold an exchange in which Presidio's analyzer finds a name of a deny list.

    Args:
        targets: Their names and aliases are the deny list; their documents are not used.

    Raises:
        PrerequisiteError: Presidio is not installed.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        engine = presidio_engine(names_of(targets))
        super().__init__(lambda texts: any(engine.analyze(text, language="en") for text in texts))


def presidio_engine(names: Sequence[str]) -> "AnalyzerEngine":
    """Return Presidio's analyzer with a deny list.

    That is its only recognizer, and its language model is a blank one, which splits words and no more: Presidio at its
    fastest.

    Args:
        names: The deny list.

    Raises:
        PrerequisiteError: Presidio is not installed.
    """
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    except ImportError as error:
        raise PrerequisiteError(
            f"The baseline needs a package: {error}.", fix="Run: pip install 'expunge[bench]'"
        ) from error
    with TemporaryDirectory(prefix="expunge-") as folder:
        spacy.blank("en").to_disk(folder)
        words = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": folder}])
        words.load()
    listed = PatternRecognizer(supported_entity=_ENTITY, deny_list=list(names) or [_NO_NAME])
    registry = RecognizerRegistry(recognizers=[listed], supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=words, supported_languages=["en"])


class CosineFilter(Baseline):
    """Withhold an exchange whose prompt or draft is like a target's document: what filters by meaning do.

    Prompt and draft are embedded in one call, and the index is asked once for the document nearest to each.

    Args:
        store: The register, with its index and embedding model.
        alike: The cosine similarity from which on a text counts as like a document, from -1 to 1.
    """

    def __init__(self, store: TargetStore, alike: float = ALIKE) -> None:
        index, embedder = store.index, store.embedder
        super().__init__(
            lambda texts: any(
                hit.similarity >= alike for hits in index.search("forget", embedder.embed(texts), 1) for hit in hits
            )
        )
