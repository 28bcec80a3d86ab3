"""The texts that agents speak with, one file each."""

from .loader import NAMES, load

__all__ = ["NAMES", "load"]
