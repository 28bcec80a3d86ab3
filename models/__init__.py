"""Reaching models: chat models and sentence embeddings, embedded or behind an API."""

from .chat import DEMO, load_chat_model
from .embeddings import load_embedder

__all__ = ["DEMO", "load_chat_model", "load_embedder"]
