"""What LangChain's factories raise, told as errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ModelNotFound, PrerequisiteError

INSTALL = "Run: pip install 'expunge[openai]'"


@contextmanager
def provider_errors(spec: str) -> Iterator[None]:
    """Turn what goes wrong while the model `spec` (`"provider:model"`) is made into an error with a fix.

    Raises:
        PrerequisiteError: A package or a credential is missing.
        ModelNotFound: LangChain knows no such provider or model.
    """
    try:
        yield
    except ImportError as error:
        # LangChain's own message names the package of any other provider and the command that installs it.
        ours = spec.startswith("openai:") or isinstance(error, ModuleNotFoundError)
        raise PrerequisiteError(f"{spec!r} cannot be loaded: {error}.", fix=INSTALL if ours else "") from error
    except ValueError as error:
        raise ModelNotFound(f"{spec!r} cannot be loaded: {error}") from error
    except Exception as error:
        # Each provider has an error of its own for a missing credential, and its package may not be there to name it.
        raise PrerequisiteError(f"{spec!r} cannot be used: {error}") from error
