"""What an audit is of, and by what it judges: to go on with another one would mix the two."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from ..errors import InputError
from ..stores.snapshot import Snapshot
from .options import Options
from .readers import Logs

_OTHER = {
    "logs": "the logs have changed, or others were given",
    "part": "another sample or limit was given",
    "judge": "the register or the policy has changed",
    "agents": "other models were given for the agents",
    "reveal": "names were to be revealed in one of the two",
    "sanitised": "a sanitised copy was wanted in one of the two",
}


def describe(logs: Logs, snapshot: Snapshot, store: str, options: Options) -> dict[str, str]:
    """Say what an audit is of, part by part.

    Args:
        logs: The logs.
        snapshot: The register that judges.
        store: Its folder.
        options: What is asked for.
    """
    judging = [snapshot.revision, options.policy.model_dump(mode="json"), snapshot.thresholds.model_dump()]
    by = snapshot.keys.digest("audit judge", json.dumps([*judging, str(options.as_of)]).encode()).hex()
    moment = f" as of {options.as_of.isoformat()}" if options.as_of else ""
    models = sorted(f"{role}: {_identity(model)}" for role, model in options.models.items())
    secret = "" if options.sample is None else snapshot.keys.digest("audit sample", b"").hex()
    return {
        "logs": logs.fingerprint(),
        "part": json.dumps([options.sample, options.limit, secret]),
        "judge": f"policy {options.policy.name}, revision {snapshot.revision} of {store}{moment} ({by[:16]})",
        "agents": json.dumps([models, options.max_calls] if models else []),
        "reveal": str(options.reveal),
        "sanitised": str(options.sanitised),
    }


def require_same(before: Mapping[str, str | None], now: Mapping[str, str], folder: str) -> None:
    """Make sure that an audit can be gone on with.

    Args:
        before: What it was of.
        now: What it is to be of.
        folder: Where it lies.

    Raises:
        InputError: It is another one; says in what.
    """
    for part, value in now.items():
        if before[part] != value:
            message = f"The audit in {folder!r} cannot be gone on with: {_OTHER[part]}."
            raise InputError(message, fix="Give another --out.")


def inputs(logs: Logs, options: Options) -> str:
    """Say how the logs are read, for who reads them again, from whatever folder."""
    files = [str(Path(path).resolve()) for path in logs.paths]
    return json.dumps({"files": files, "format": options.format, "columns": dict(options.columns)})


def name_of(model: BaseChatModel) -> str:
    """Return what a model is called."""
    named = (getattr(model, field, None) for field in ("model_name", "model"))
    return next((name for name in named if isinstance(name, str) and name), type(model).__name__)


def _identity(model: BaseChatModel) -> str:
    """Return what tells a model from others: its name, and a digest of what it was made with."""
    made = blake2b(repr(sorted(model._identifying_params.items(), key=str)).encode(), digest_size=8)
    return f"{type(model).__name__} {name_of(model)} {made.hexdigest()}"
