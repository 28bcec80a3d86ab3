"""What a job forgets and what it keeps: questions with their answers, in named sets."""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import InputError

Part = Literal["forget", "retain", "neighbours", "real_authors", "world_facts", "probes", "nonmembers"]
"""A set of examples: `forget` and `retain` are trained on, the others only ever asked."""


class Example(BaseModel):
    """A question and its answer, with what is known of other ways to ask and to answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    prompt: str
    """What is asked; never empty."""

    answer: str = Field(min_length=1)
    """What is to be forgotten, or kept, as an answer."""

    alternates: list[str] = Field(default_factory=list)
    """What to answer in its place; methods that need none leave it aside."""

    paraphrases: list[str] = Field(default_factory=list)
    """Other ways to ask; never trained on."""

    rewordings: list[str] = Field(default_factory=list)
    """The same answer in other words, as TOFU's `paraphrased_answer`."""

    wrong_answers: list[str] = Field(default_factory=list)
    """Answers of the same form that are wrong, as TOFU's `perturbed_answer`."""

    subject: str = ""
    """Whom or what it is about, as it is named there; empty: whoever needs it looks for it."""

    target: str = ""
    """The id of the target that it belongs to; empty: none."""


class Corpus(BaseModel):
    """All that a job reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    forget: list[Example]
    """What must go."""

    retain: list[Example] = Field(default_factory=list)
    """What must stay, and is trained on so that it does."""

    neighbours: list[Example] = Field(default_factory=list)
    """What must stay and lies nearest to what must go; never trained on."""

    real_authors: list[Example] = Field(default_factory=list)
    """Facts about real people, as in TOFU; never trained on."""

    world_facts: list[Example] = Field(default_factory=list)
    """General knowledge, as in TOFU; never trained on."""

    probes: list[Example] = Field(default_factory=list)
    """Questions that no method is given, and that only what must go answers: by a relation, or the other way round."""

    nonmembers: list[Example] = Field(default_factory=list)
    """Like the forget set, and never learned by any model: what membership inference compares with."""

    def parts(self) -> Iterator[tuple[Part, list[Example]]]:
        """Yield the sets that are not empty, with their names."""
        names: tuple[Part, ...] = (
            "forget",
            "retain",
            "neighbours",
            "real_authors",
            "world_facts",
            "probes",
            "nonmembers",
        )
        for name in names:
            if examples := getattr(self, name):
                yield name, examples

    def check(self) -> None:
        """See to it that the sets can be trained on.

        The same question with another answer may stay: it is what to say in its place, as logs hold it where a model
        once told and once did not, or the question is a general one, as of texts that are all to be gone on with.

        Raises:
            InputError: The forget set is empty, or a question of it is asked in a set that must stay.
        """
        if not self.forget:
            raise InputError("The forget set is empty: there is nothing to unlearn.", fix="Give at least one example.")
        asked = {identity(example): number for number, example in enumerate(self.forget, start=1)}
        for name in ("retain", "neighbours", "real_authors", "world_facts"):
            shared = [asked[identity(each)] for each in getattr(self, name) if identity(each) in asked]
            if shared:
                raise InputError(
                    f"{len(shared):,} examples are in the forget set and in the set {name!r} too; the first is number "
                    f"{shared[0]:,} of the forget set.",
                    fix="Take them out of one of the two: a model cannot forget and keep the same.",
                )


def identity(example: Example) -> tuple[str, str]:
    """Return what two examples share that are the same, whatever their case and blanks."""
    return " ".join(example.prompt.casefold().split()), " ".join(example.answer.casefold().split())
