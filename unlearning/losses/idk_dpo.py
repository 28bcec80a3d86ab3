"""IdkDPO: "I don't know" preferred to what must go."""

from typing import ClassVar

from .dpo import DPO
from .loss import Alternates


class IdkDPO(DPO):
    """DPO's term with phrases of not knowing as alternates (Maini et al., 2024).

    A model learns to refuse, and what it knows lies near: look at what relearning brings back.
    """

    name: ClassVar[str] = "idkdpo"
    title: ClassVar[str] = "IdkDPO"
    source: ClassVar[str] = "Maini et al., 2024, TOFU: A Task of Fictitious Unlearning for LLMs"
    alternates: ClassVar[Alternates] = "unknown"
