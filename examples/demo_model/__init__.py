"""How the demo model is made: its invented world, its tokenizer and network, its training and its exam."""

from .curriculum import collect_facts, last_authors, leave_out
from .exam import examine
from .facts import Fact
from .network import train_tokenizer, untrained_model
from .training import train
from .unknown import REFUSAL, refusals

__all__ = [
    "REFUSAL",
    "Fact",
    "collect_facts",
    "examine",
    "last_authors",
    "leave_out",
    "refusals",
    "train",
    "train_tokenizer",
    "untrained_model",
]
