"""What every loss is: a term that forgets, and a term that retains."""

from abc import ABC, abstractmethod
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from transformers import PreTrainedModel

from ...errors import InputError
from ..encoding import Batch
from ..likelihood import mean_cross_entropy, token_kl
from .reference import Reference, Want

RetainLoss = Literal["ce", "kl", "none"]
"""What keeps a model as it is: cross entropy on what must stay, KL to the model before, or nothing."""

Alternates = Literal["none", "unknown", "plausible"]
"""What a loss says in place of what must go: nothing, that it does not know, or something as likely and wrong."""


class LossOptions(BaseModel):
    """The options that all losses share: total = γ·forget + α·retain."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    gamma: float = Field(default=1.0, gt=0)
    """Weight γ of the term that forgets."""

    alpha: float = Field(default=1.0, ge=0)
    """Weight α of the term that retains."""

    retain_loss: RetainLoss = "ce"
    """What keeps the rest: `ce`, `kl`, or `none`, which needs no retain set."""


@dataclass(frozen=True)
class Step:
    """The batches of one step."""

    forget: Batch
    """Questions with what must go."""

    alternate: Batch | None = None
    """The same questions, in the same order, with what to say in its place; `None`: the loss asked for none."""

    retain: Batch | None = None
    """Questions with what must stay; `None`: the loss asked for none."""

    @property
    def replacement(self) -> Batch:
        """What to say in place of what must go, for a loss that cannot do without.

        Raises:
            InputError: There is none.
        """
        if self.alternate is None:
            raise InputError(
                "The loss trains on what to say in place of what must go, and was given none.",
                fix="Give each forget example 'alternates', or have them written by `alternates_of`.",
            )
        return self.alternate


class Terms(NamedTuple):
    """The value of a loss, scalars with gradient."""

    total: Tensor
    """γ·forget + α·retain: what is minimised."""

    forget: Tensor
    """The term that forgets, without its weight."""

    retain: Tensor | None
    """The term that retains, without its weight; `None`: there is none."""


Options = TypeVar("Options", bound=LossOptions)


class Loss(ABC, Generic[Options]):
    """A method that trains: its loss, and nothing more.

    A subclass gives its names, its options, and `forget`; most leave the rest as it is.

    Args:
        options: Its options.
        reference: The model before unlearning.
    """

    name: ClassVar[str]
    """How it is asked for, for example `npo`."""

    title: ClassVar[str]
    """How its paper calls it, for example `NPO`."""

    source: ClassVar[str]
    """The paper: authors, year, title."""

    options_type: ClassVar[type[LossOptions]] = LossOptions
    """The type of its options."""

    alternates: ClassVar[Alternates] = "none"
    """What it trains on in place of what must go, where an example does not say."""

    strength: ClassVar[str] = "gamma"
    """The option that a sweep varies beside the learning rate: more of it forgets more."""

    def __init__(self, options: Options, reference: Reference) -> None:
        self.options = options
        self.reference = reference

    def check(self, config: object) -> None:
        """See to it, before anything is loaded, that a model of this configuration can be trained by it.

        Args:
            config: The model's `PretrainedConfig`.

        Raises:
            InputError: It cannot: it has not the layers that are asked for, for example.
        """

    @abstractmethod
    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the term that forgets: a scalar.

        What must go is run through the model before anything else is: a selector's penalty is of that first pass.
        """

    def retain(self, model: PreTrainedModel, batch: Batch) -> Tensor:
        """Return the term that retains: a scalar."""
        logits = logits_of(model, batch)
        if self.options.retain_loss == "kl":
            return token_kl(logits, self.reference.logits(batch), batch.labels)
        return mean_cross_entropy(logits, batch.labels)

    def wants(self, model: PreTrainedModel) -> AbstractSet[Want]:
        """Return what of the reference is needed; a subclass adds to it.

        Args:
            model: The model that will be trained; which layer is meant may depend on how many it has.
        """
        return {Want("logits", "retain")} if self.options.retain_loss == "kl" and self.needs_retain else set()

    def trainable(self, model: PreTrainedModel) -> list[str] | None:
        """Return the names of the parameters that may move; `None`: all.

        Names are those of `model.named_parameters()`. Whoever trains freezes the rest.

        Args:
            model: The model that will be trained.

        Raises:
            InputError: The model has none of those that the method trains.
        """
        return None

    @property
    def needs_retain(self) -> bool:
        """Whether it trains on what must stay."""
        return self.options.retain_loss != "none" and self.options.alpha > 0

    def __call__(self, model: PreTrainedModel, step: Step) -> Terms:
        """Return the loss of one step."""
        forget = self.forget(model, step)
        total = self.options.gamma * forget
        if not self.needs_retain or step.retain is None:
            return Terms(total, forget, None)
        retain = self.retain(model, step.retain)
        return Terms(total + self.options.alpha * retain, forget, retain)


def logits_of(model: PreTrainedModel, batch: Batch) -> Tensor:
    """Return the model's logits, shape `(B, T, V)`."""
    logits: Tensor = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False).logits
    return logits
