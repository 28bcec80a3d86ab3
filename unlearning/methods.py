"""All methods by name, and what each takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeVar, cast

from pydantic import BaseModel, ValidationError
from transformers import PreTrainedModel

from ..errors import InputError
from .adapters import ADAPTERS
from .adapters.adapter import Adapter
from .edits import EDITS
from .edits.edit import Edit
from .losses import LOSSES
from .losses.loss import Loss
from .losses.reference import Reference
from .recipe import Recipe
from .results import Level
from .selectors import SELECTORS
from .selectors.selector import Selector
from .skeleton import skeleton_of
from .training.options import TrainingOptions

Kind = Literal["loss", "selector", "edit", "adapter"]
Options = TypeVar("Options", bound=BaseModel)


class Description(NamedTuple):
    """A method, for who looks for one."""

    name: str
    kind: Kind
    title: str
    source: str
    needs: str
    """What it cannot do without, in words; empty: a forget set is enough."""

    level: Level
    options: Mapping[str, object]
    """Its options with their defaults."""


class Method(NamedTuple):
    """A recipe's method, its options read."""

    kind: Literal["loss", "edit", "adapter"]
    name: str
    loss: type[Loss[Any]] | None
    edit: Edit[Any] | None
    adapter: Adapter[Any] | None
    selector: Selector[Any] | None
    options: BaseModel

    @property
    def level(self) -> Level:
        """What it can claim."""
        return "suppression" if self.kind == "adapter" else "removal"

    @property
    def strength(self) -> str:
        """The option that a sweep calls its strength."""
        holder = self.loss or self.edit or self.adapter
        assert holder is not None  # noqa: S101 - one of the three is there
        return holder.strength

    @property
    def needs_retain(self) -> bool:
        """Whether it cannot do without a retain set."""
        selected = self.selector is not None and self.selector.needs_retain
        return selected or self._own_need

    @property
    def _own_need(self) -> bool:
        if self.loss is not None:
            return self.make_loss(cast("Reference", None)).needs_retain
        holder = self.edit or self.adapter
        return holder is not None and holder.needs_retain

    def check(self, config: object) -> None:
        """See to it, before anything is loaded, that a model of this configuration can be worked on.

        Args:
            config: The model's `PretrainedConfig`.

        Raises:
            InputError: The model has not what the method or the selector asks for, or the selector never leaves the
                loss a weight that it trains.
            ModelNotFound: transformers knows no causal language model of this kind.
        """
        loss = self.make_loss(cast("Reference", None)) if self.loss else None
        for part in (loss, self.edit, self.adapter, self.selector):
            if part is not None:
                part.check(config)
        if loss is not None and self.selector is not None:
            _check_together(loss, self.selector, skeleton_of(config))

    def make_loss(self, reference: Reference) -> Loss[Any]:
        """Return the loss with what it compares with."""
        assert self.loss is not None  # noqa: S101 - asked of losses alone
        return self.loss(self.options, reference)


def find(recipe: Recipe) -> Method:
    """Read a recipe.

    Raises:
        InputError: There is no such method or selector, an option is none of its, or they do not go together.
    """
    name, selector = recipe.method, recipe.selector
    if name in SELECTORS:
        if selector not in (None, name):
            raise InputError(f"{name!r} and {selector!r} are both selectors.", fix="Give a loss as the method.")
        name, selector = SELECTORS[name].loss, name
    chosen = _selector(selector, recipe) if selector else None
    if name in LOSSES:
        _check_selected(chosen, recipe)
        options = _options(LOSSES[name].options_type, recipe.options, name)
        return Method("loss", name, LOSSES[name], None, None, chosen, options)
    _check_untrained(name, recipe)
    if chosen is not None:
        raise InputError(f"{name!r} trains nothing that {chosen.name!r} could choose weights for.", fix="Leave it out.")
    if name in EDITS:
        edit = EDITS[name](_options(EDITS[name].options_type, recipe.options, name))
        return Method("edit", name, None, edit, None, None, edit.options)
    if name in ADAPTERS:
        adapter = ADAPTERS[name](_options(ADAPTERS[name].options_type, recipe.options, name))
        return Method("adapter", name, None, None, adapter, None, adapter.options)
    known = sorted([*LOSSES, *SELECTORS, *EDITS, *ADAPTERS])
    raise InputError(f"There is no method {name!r}.", fix=f"Take one of {', '.join(known)}.")


def describe() -> list[Description]:
    """Return all methods, those that train first."""
    return [
        *(_described(each, "loss", "removal") for each in LOSSES.values()),
        *(_described(each, "selector", "removal") for each in SELECTORS.values()),
        *(_described(each, "edit", "removal") for each in EDITS.values()),
        *(_described(each, "adapter", "suppression") for each in ADAPTERS.values()),
    ]


def _described(
    method: type[Loss[Any]] | type[Selector[Any]] | type[Edit[Any]] | type[Adapter[Any]], kind: Kind, level: Level
) -> Description:
    options = method.options_type()
    retains = find(Recipe(method=method.name)).needs_retain
    needs = "a retain set" if retains else ""
    defaults: Mapping[str, object] = options.model_dump()
    return Description(method.name, kind, method.title, method.source, needs, level, defaults)


def _selector(name: str, recipe: Recipe) -> Selector[Any]:
    if name not in SELECTORS:
        raise InputError(f"There is no selector {name!r}.", fix=f"Take one of {', '.join(sorted(SELECTORS))}.")
    return SELECTORS[name](_options(SELECTORS[name].options_type, recipe.selector_options, name))


def _check_untrained(name: str, recipe: Recipe) -> None:
    """See to it that nothing is asked of a training where there is none, and what there is has options of its own."""
    if name not in EDITS and name not in ADAPTERS:
        return
    unused = recipe.training.model_dump(exclude={"batch_size", "longest", "precision"})
    standard = TrainingOptions().model_dump()
    told = sorted(key for key, value in unused.items() if value != standard[key])
    if told:
        raise InputError(
            f"{name!r} does not use the training's {told[0]!r}.",
            fix="Leave it out; `expunge jobs methods --json` shows the method's own options.",
        )


def _check_selected(selector: Selector[Any] | None, recipe: Recipe) -> None:
    if selector is None:
        if recipe.selector_options:
            raise InputError("There are options of a selector, and no selector.", fix="Name it: wagle, seuf or kunbr.")
        return
    if recipe.training.lora_rank:
        fix = "Leave out lora_rank: with a selector the chosen weights themselves are trained."
        raise InputError(f"{selector.name!r} chooses weights of the model, and LoRA trains none of them.", fix=fix)
    if recipe.training.weight_decay:
        raise InputError(f"Weight decay moves weights that {selector.name!r} holds fast.", fix="Leave it at 0.")


def _check_together(loss: Loss[Any], selector: Selector[Any], model: PreTrainedModel) -> None:
    own, candidates = loss.trainable(model), selector.candidates(model)
    if own is not None and candidates is not None and candidates.isdisjoint(own):
        raise InputError(
            f"{loss.name!r} trains weights in layers where {selector.name!r} chooses none.",
            fix="Give one of the two other layers by its options, or leave the selector out.",
        )


def _options(kind: type[Options], given: Mapping[str, Any], name: str) -> Options:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "options"
        known = ", ".join(kind.model_fields) or "none"
        raise InputError(
            f"The option {where!r} of {name!r}: {first['msg']}.", fix=f"It has these options: {known}."
        ) from error
