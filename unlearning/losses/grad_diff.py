"""GradDiff: gradient ascent on what must go, descent on what must stay."""

from typing import ClassVar

from .grad_ascent import GradAscent, GradAscentOptions
from .loss import LossOptions, RetainLoss


class GradDiffOptions(GradAscentOptions):
    """Options of GradDiff."""

    retain_loss: RetainLoss = "ce"
    """What keeps the rest; published: `ce`."""


class GradDiff(GradAscent):
    """−CE on what must go plus CE on what must stay (Liu et al., 2022): gradient ascent that retains."""

    name: ClassVar[str] = "graddiff"
    title: ClassVar[str] = "GradDiff"
    source: ClassVar[str] = "Liu et al., 2022, Continual Learning and Private Unlearning"
    options_type: ClassVar[type[LossOptions]] = GradDiffOptions
