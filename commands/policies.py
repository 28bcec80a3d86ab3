"""Policies that the command line is pointed to: a file of their fields, or the name of a baseline."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from ..errors import InputError
from ..schema import Policy
from .inputs import read_text


def read_policy(given: str) -> Policy:
    """Return the policy of a file, YAML or JSON, or of a name.

    Raises:
        InputError: There is neither such a file nor such a name, or the file holds no policy.
    """
    try:
        return Policy.named(given)
    except ValueError:
        pass
    try:
        content = yaml.safe_load(read_text(Path(given)))
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{given!r} is no YAML ({type(error).__name__}).", fix=_FIX) from None
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        message = error.errors(include_input=False)[0]["msg"]
        raise InputError(f"{given!r} holds no policy: {field or 'it'}: {message}.", fix=_FIX) from None


_FIX = "Give fields of a policy, one a line, such as `prefer: keep`; `name:` is what reports call it."
