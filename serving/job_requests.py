"""What a client may ask of `/v1/unlearning/jobs`. Nothing of it is a path: no file of the server is read for it."""

import json
import os
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..unlearning.recipe import SweepGrid
from ..unlearning.training.options import TrainingOptions

MOST_METADATA = 16
LONGEST_KEY = 64
LONGEST_VALUE = 512
LONGEST_SUFFIX = 64
HIGHEST_SEED = 2**31 - 1
"""Bounds of OpenAI's."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ExampleSet(_Request):
    """What must go, or stay: targets of the register, or examples. A list is one of examples."""

    targets: list[str] = []
    """Ids of targets: what their documents say, or what they keep."""

    examples: list[dict[str, JsonValue]] = []
    """Objects of `prompt` and `answer`, and if you like `alternates`, `paraphrases`, `rewordings`, `wrong_answers`."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: object) -> object:
        if isinstance(given, str):
            raise PydanticCustomError("path", "No file is read over HTTP: give ids of targets, or a list of examples")
        return {"examples": given} if isinstance(given, list) else given

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.targets) == bool(self.examples):
            raise PydanticCustomError("empty", "Give either targets or examples, at least one")
        return self


class Choice(_Request):
    """A method or a selector: its name, or, as OpenAI has it, `{"type": NAME, NAME: {"hyperparameters": {…}}}`."""

    type: str
    """Its name: `expunge jobs methods` lists them."""

    hyperparameters: dict[str, JsonValue] = {}
    """Its options, where they differ from the defaults."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: object) -> object:
        if isinstance(given, str):
            return {"type": given}
        if not isinstance(given, dict) or not isinstance(name := given.get("type"), str):
            return given
        options = given.get(name)
        others = {key: value for key, value in given.items() if key != name}
        return {**options, **others, "type": name} if isinstance(options, dict) else given


class JobRequest(_Request):
    """A job that is asked for."""

    model: str
    """A name that the operator gave a model."""

    forget: ExampleSet
    """What must go."""

    retain: ExampleSet | None = None
    """What must stay; `null`: what targets keep."""

    method: Choice = Choice(type="npo")
    """What is done."""

    hyperparameters: dict[str, JsonValue] = {}
    """Options of the method, where it is given by its name alone."""

    selector: Choice | None = None
    """What chooses the weights that may move; `null`: all may."""

    training: TrainingOptions = TrainingOptions()
    """How it is trained, where it differs from the defaults."""

    seed: int | None = Field(default=None, ge=0, le=HIGHEST_SEED)
    """What all chance comes from; `null`: 0."""

    sweep: SweepGrid | None = None
    """What is tried before the result is chosen; `true`: the usual."""

    control: str | None = None
    """The name of a model that never learned what must go, to compare with."""

    attacks: list[str] | None = None
    """Names of attacks; `null`: all that apply."""

    metadata: Annotated[
        dict[
            Annotated[str, Field(max_length=LONGEST_KEY)],
            Annotated[str, Field(max_length=LONGEST_VALUE)],
        ],
        Field(max_length=MOST_METADATA),
    ] = {}
    """What is kept with the job and shown with it, in plain text."""

    suffix: str | None = Field(default=None, max_length=LONGEST_SUFFIX)
    """Left aside: the model that is made goes by the job's id."""

    @field_validator("hyperparameters", "metadata", mode="before")
    @classmethod
    def _none_is_empty(cls, given: object) -> object:
        return {} if given is None else given

    @field_validator("sweep", mode="before")
    @classmethod
    def _usual_sweep(cls, given: object) -> object:
        usual: dict[object, object] = {True: {}, False: None}
        return usual[given] if isinstance(given, bool) else given

    @field_validator("method", "hyperparameters", "selector", "training", "sweep", "metadata", mode="before")
    @classmethod
    def _can_be_kept(cls, given: object) -> object:
        """Refuse what Python reads as JSON and no JSON can hold."""
        try:
            json.dumps(given, allow_nan=False, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            message = "A number is none or infinite, or a text cannot be encoded as UTF-8"
            raise PydanticCustomError("no_json", message) from None
        return given

    @field_validator("hyperparameters", mode="after")
    @classmethod
    def _given_once(cls, given: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
        method: Choice | None = info.data.get("method")  # none: it is wrong itself
        if given and method and method.hyperparameters:
            raise PydanticCustomError("twice", "Hyperparameters are given twice, here and in the method")
        return given

    @field_validator("training", mode="after")
    @classmethod
    def _few_processes(cls, training: TrainingOptions) -> TrainingOptions:
        if training.processes > (os.cpu_count() or 1):
            raise PydanticCustomError("processes", "There are fewer processors than processes")
        return training

    @property
    def options(self) -> dict[str, Any]:
        """The options of the method."""
        return self.hyperparameters or self.method.hyperparameters


class Promotion(_Request):
    """How a job's model is put into use."""

    force: bool = False
    """Also where it did not hold."""
