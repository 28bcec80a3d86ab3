"""What the report's terms mean, each in a sentence that needs no other."""

from collections.abc import Mapping
from typing import NamedTuple

from ..examples import Part
from ..results import Level


class Term(NamedTuple):
    """A term and what it means."""

    name: str
    """The term, as the report says it."""

    meaning: str
    """What it means."""


PARTS: Mapping[Part, Term] = {
    "forget": Term("Forget set", "What must go."),
    "retain": Term("Retain set", "What must stay, and was trained on so that it does."),
    "neighbours": Term("Neighbours", "What must stay and lies nearest to what must go; never trained on."),
    "real_authors": Term("Real authors", "Facts about real people, which must stay; never trained on."),
    "world_facts": Term("World facts", "General knowledge, which must stay; never trained on."),
    "probes": Term("Probes", "Questions that no method was given, and that only what must go answers."),
    "nonmembers": Term("Never learned", "Examples like the forget set that the model never saw."),
}

LEVELS: Mapping[Level, Term] = {
    "removal": Term(
        "Removal, as far as these attacks were tried",
        "The model's weights were changed. Nobody can prove that nothing of it is left in them: what can be said is "
        "what the attacks below brought back.",
    ),
    "suppression": Term(
        "Suppression",
        "The model's weights are as they were, and something beside it steers what it says. Whoever runs the model "
        "without that reads everything it knew.",
    ),
}

GLOSSARY = (
    Term("Recall", "Share of the answers that hold every word of the right answer which the question does not hold."),
    Term("ROUGE-L", "How much of the right answer's wording an answer has, in its order, from 0 to 1."),
    Term("Probability", "How likely the model thinks the right answer, averaged over its tokens, from 0 to 1."),
    Term(
        "Truth ratio",
        "Whether the model still thinks the right answer likelier than wrong ones of the same form, even where it does "
        "not say it. From 0 to 1; more means that what must go is gone, and that what must stay is there.",
    ),
    Term(
        "Extraction strength",
        "How little of the right answer must be given to the model until it says the whole rest. 0: all of it; 1: "
        "nothing.",
    ),
    Term("Exact memorisation", "Share of the right answer's tokens that the model would say, given those before them."),
    Term("Logit lens", "The highest probability of the right answer that any layer inside the model gives it."),
    Term(
        "Model utility",
        "One figure for all that must stay: the harmonic mean of probability, ROUGE-L and truth ratio, from 0 to 1.",
    ),
    Term(
        "Forget quality",
        "The p-value of a test (Kolmogorov–Smirnov) whether the model looks as if it had never learned what must go. "
        "Near 0 it does not; but a ruined model can score high as well, so it tells nothing alone.",
    ),
    Term(
        "Membership",
        "How well an onlooker tells what must go from what was never learned: 0.5 is guessing, 1 is always right. Much "
        "less than 0.5 tells too: it was learned and then pushed down.",
    ),
    Term("Control", "A model like this one that never learned what must go, attacked in the same way."),
    Term("Attack", "A way to bring back what must go: asking otherwise, training a little more, rounding the weights."),
    Term(
        "Relearning",
        "Training the model a little on a part of what must go, and asking the rest: nothing that comes back was in "
        "the training.",
    ),
    Term("Sweep", "The same method tried with several strengths, of which one was chosen."),
)

LIMITS = (
    "An attack that brings nothing back is no proof that nothing is left. Others, not tried here, may do better.",
    "What was measured was measured on the questions given. A fact that they do not ask for was not looked at.",
    "Recall counts words. An answer in wholly other words counts as not recalled, and a lucky guess as recalled: that "
    "is why the control is asked the same.",
    "Copies of the model made before, its training data, and documents that it is given in use are not changed by any "
    "of this.",
)
"""What a reader must not take from the report."""
