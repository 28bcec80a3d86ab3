"""What was asked for, read: whatever cannot be done is refused before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from ..errors import InputError
from ..unlearning.attacks import check_names
from ..unlearning.attacks.attack import AttackSettings
from ..unlearning.checking import check_model
from ..unlearning.recipe import Recipe, SweepGrid
from ..unlearning.training.options import TrainingOptions
from .plan import Plan


def read_recipe(
    method: str,
    options: Mapping[str, Any] | None,
    selector: str | None,
    selector_options: Mapping[str, Any] | None,
    training: TrainingOptions | Mapping[str, Any] | None,
    seed: int,
) -> Recipe:
    """Return what is to be done to a model.

    Raises:
        InputError: Something of it cannot be used.
    """
    try:
        trained = TrainingOptions.model_validate(training or {})
    except ValidationError as error:
        raise _unusable("training", error) from error
    try:
        return Recipe(
            method=method,
            options=dict(options or {}),
            selector=selector,
            selector_options=dict(selector_options or {}),
            training=trained,
            seed=seed,
        )
    except ValidationError as error:
        raise _unusable("recipe", error) from error


def read_plan(
    plan: Plan | Mapping[str, Any] | None,
    sweep: bool | SweepGrid | Mapping[str, Any],
    control: str | Path | None,
    attacks: Sequence[str] | None,
    *,
    yes: bool,
) -> Plan:
    """Return what else a job is to do.

    Raises:
        InputError: Something of it cannot be used.
        ModelNotFound: There is no model in the control's folder.
    """
    given = plan.model_dump() if isinstance(plan, Plan) else dict(plan or {})
    try:
        if sweep is not False:
            given["sweep"] = SweepGrid() if sweep is True else SweepGrid.model_validate(sweep)
        given["control"] = control if control is not None else given.get("control")
        if given["control"] is not None:
            given["control"] = str(check_model(Path(given["control"])))
        if attacks is not None:
            given["attacks"] = list(attacks)
        if yes:
            given["approval"] = False
        read = Plan.model_validate(given)
    except ValidationError as error:
        raise _unusable("plan", error) from error
    _check_attacks(read)
    return read


def _check_attacks(plan: Plan) -> None:
    """See to it that there are such attacks, settings and such a device: a job comes to them last."""
    check_names(plan.attacks or [])
    try:
        AttackSettings.model_validate(plan.attack_settings)
    except ValidationError as error:
        raise _unusable("attacks", error) from error
    try:
        torch.device(plan.device or "cpu")
    except RuntimeError as error:
        raise InputError(f"There is no device {plan.device!r}.", fix="Give one such as cpu or cuda:0.") from error


def _unusable(what: str, error: ValidationError) -> InputError:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or what
    fix = "See `expunge jobs create --help`."
    return InputError(f"{where!r} of the {what} cannot be used: {first['msg']}.", fix=fix)
