"""Wrappers: one changed line puts an existing model under the sanitiser."""

from .chat import SanitizedChatModel, wrap

__all__ = ["SanitizedChatModel", "wrap"]
