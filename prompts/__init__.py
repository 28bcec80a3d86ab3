"""The texts that agents speak with, one file each, and the variables that go into them."""

from .loader import NAMES, Name, load
from .rendering import Variables, numbered, render

__all__ = ["NAMES", "Name", "Variables", "load", "numbered", "render"]
