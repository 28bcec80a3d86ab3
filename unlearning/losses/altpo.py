"""AltPO: plausible wrong answers preferred to what must go."""

from typing import ClassVar

from .dpo import DPO
from .loss import Alternates


class AltPO(DPO):
    """DPO's term with answers as alternates that the model itself writes (Mekala et al., 2024).

    A model that answers as if it knew, and wrongly: for some uses a refusal is what is wanted instead.
    """

    name: ClassVar[str] = "altpo"
    title: ClassVar[str] = "AltPO"
    source: ClassVar[str] = (
        "Mekala et al., 2024, Alternate Preference Optimization for Unlearning Factual Knowledge in Large Language "
        "Models"
    )
    alternates: ClassVar[Alternates] = "plausible"
