"""The workflow of one exchange, from the question to the gate."""

from .sanitize import Sanitizer

__all__ = ["Sanitizer"]
