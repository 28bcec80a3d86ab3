"""The texts that agents speak with, one file each."""

from .loader import NAMES, Name, load

__all__ = ["NAMES", "Name", "load"]
