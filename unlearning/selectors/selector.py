"""What every selector is: which weights may move, and in which order."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict
from torch import Tensor
from transformers import PreTrainedModel

from ..encoding import Batch


class SelectorOptions(BaseModel):
    """Options of a selector; each has its own beside them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Data(Protocol):
    """What a selector may read: batches of the sets, the same ones in the same order each time."""

    def forget(self) -> Sequence[Batch]:
        """Return what must go."""

    def retain(self) -> Sequence[Batch]:
        """Return what must stay; empty: there is none."""


@dataclass(frozen=True)
class Phase:
    """A stretch of training in which some weights may move, and all others stay bit for bit."""

    masks: Mapping[str, Tensor | None]
    """By parameter name: which entries may move, boolean of its shape; `None`: all. A name that is missing: none."""

    penalty: Callable[[], Tensor] | None = None
    """A scalar added to the loss, asked for after each forward pass; `None`: nothing."""

    close: Callable[[], None] = field(default=lambda: None)
    """Is called when the phase is over; takes hooks away."""

    alone: bool = False
    """Whether it is trained inside the original model; what all phases changed is put in at the end (KUnBR)."""


Options = TypeVar("Options", bound=SelectorOptions)


class Selector(ABC, Generic[Options]):
    """A choice of weights that may move, usable with any loss.

    Args:
        options: Its options.
    """

    name: ClassVar[str]
    """How it is asked for, for example `wagle`."""

    title: ClassVar[str]
    """How its paper calls it."""

    source: ClassVar[str]
    """The paper."""

    options_type: ClassVar[type[SelectorOptions]] = SelectorOptions
    """The type of its options."""

    needs_retain: ClassVar[bool] = False
    """Whether it reads what must stay."""

    loss: ClassVar[str] = "graddiff"
    """The loss that it goes with unless another is asked for."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def check(self, config: object) -> None:
        """See to it, before anything is loaded, that a model of this configuration can be worked on.

        Args:
            config: The model's `PretrainedConfig`.

        Raises:
            InputError: It cannot: it has no experts, for example.
        """

    def candidates(self, model: PreTrainedModel) -> AbstractSet[str] | None:
        """Return the names of the parameters that it chooses among; `None`: all.

        Args:
            model: The model; its weights are not looked at, and need no content.

        Raises:
            InputError: The model has none of those that it chooses among.
        """
        return None

    @abstractmethod
    def phases(self, model: PreTrainedModel, data: Data) -> Sequence[Phase]:
        """Return the stretches of training, in order; the steps are shared out among them evenly.

        Args:
            model: The model, which is left as it is.
            data: What it may look at.
        """
