"""What every adapter at decoding time is: something beside a model that stays as it is."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from transformers import PreTrainedModel

from ..edits.edit import Material


class AdapterOptions(BaseModel):
    """Options of an adapter; each has its own beside them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Options = TypeVar("Options", bound=AdapterOptions)


class Adapter(ABC, Generic[Options]):
    """Something that is trained beside a model and steers what it says: suppression, for its weights still know.

    Args:
        options: Its options.
    """

    name: ClassVar[str]
    """How it is asked for, for example `uld`."""

    title: ClassVar[str]
    """How its paper calls it."""

    source: ClassVar[str]
    """The paper."""

    options_type: ClassVar[type[AdapterOptions]] = AdapterOptions
    """The type of its options."""

    strength: ClassVar[str]
    """The option that a sweep varies."""

    needs_retain: ClassVar[bool] = False
    """Whether it reads what must stay."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def check(self, config: object) -> None:
        """See to it, before anything is loaded, that a model of this configuration can be steered by it.

        Args:
            config: The model's `PretrainedConfig`.

        Raises:
            InputError: It cannot: it has not the layers that are asked for, for example.
        """

    @abstractmethod
    def train(self, model: PreTrainedModel, material: Material, folder: Path) -> None:
        """Train it, and write it to a folder that `expunge.models.local` loads together with the model.

        Args:
            model: The model, which is left as it is.
            material: What it may read.
            folder: An empty folder.
        """
