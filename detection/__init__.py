"""Finding targets in text without a language model."""

from .detector import Detector

__all__ = ["Detector"]
