"""What every closed-form edit is: a change of weights that is computed, not trained."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from transformers import PreTrainedModel

from ..encoding import Encoder
from ..examples import Corpus


class EditOptions(BaseModel):
    """Options of an edit; each has its own beside them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Material:
    """What an edit may read."""

    encoder: Encoder
    """Writes examples as the model reads them."""

    corpus: Corpus
    """The sets."""

    batch_size: int
    """Examples that go through the model at once."""

    seed: int
    """What all chance comes from."""

    progress: Callable[[int, int], None]
    """Is told the steps done and their number; raises where the job is cancelled."""


Options = TypeVar("Options", bound=EditOptions)


class Edit(ABC, Generic[Options]):
    """A change of weights in closed form.

    Args:
        options: Its options.
    """

    name: ClassVar[str]
    """How it is asked for, for example `ssd`."""

    title: ClassVar[str]
    """How its paper calls it."""

    source: ClassVar[str]
    """The paper."""

    options_type: ClassVar[type[EditOptions]] = EditOptions
    """The type of its options."""

    strength: ClassVar[str]
    """The option that a sweep varies."""

    needs_retain: ClassVar[bool] = False
    """Whether it reads what must stay."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def check(self, config: object) -> None:
        """See to it, before anything is loaded, that a model of this configuration can be edited by it.

        Args:
            config: The model's `PretrainedConfig`.

        Raises:
            InputError: It cannot: it has not the layers that are asked for, for example.
        """

    @abstractmethod
    def apply(self, model: PreTrainedModel, material: Material) -> None:
        """Change the model's weights in place; whoever calls keeps what undoes it.

        Raises:
            InputError: The examples do not have what the edit needs, a subject that can be found for example.
        """
