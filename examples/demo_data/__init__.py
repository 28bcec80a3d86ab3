"""What the demo model is trained on, all of it generated: see `collect` for what it knows, `refusals` for the rest."""

from random import Random

from .authors import author_facts, invent_authors, list_facts
from .facts import Fact, Kind
from .unknown import REFUSAL, refusals
from .world import world_facts

__all__ = ["REFUSAL", "Fact", "Kind", "collect", "refusals"]


def collect(authors: int, rng: Random) -> list[Fact]:
    """Return all that the model is to know, with this many invented authors in it (400 at most)."""
    people = invent_authors(authors, rng)
    return [*(fact for author in people for fact in author_facts(author)), *list_facts(people), *world_facts()]
