"""`expunge.audit`: prompt logs in, a report out."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ..agents.advisers import AgentModel, load_agent_models
from ..errors import InputError
from ..schema import Policy, Role
from ..stores.opening import is_register
from ..stores.targets import TargetStore
from .advising import MAX_CALLS
from .audit import Audit, AuditReport
from .options import EngineName, Options
from .records import Format
from .running import Watch


def audit(
    logs: str | Path | Sequence[str | Path],
    store: TargetStore | str | Path,
    out: str | Path,
    *,
    policy: Policy | None = None,
    agent_model: AgentModel | None = None,
    agent_models: Mapping[Role, AgentModel] | None = None,
    max_calls: int = MAX_CALLS,
    format: Format | None = None,  # noqa: A002 - what it is called on the command line
    columns: Mapping[str, str] | None = None,
    sample: float | None = None,
    limit: int | None = None,
    reveal: bool = False,
    sanitised: bool = False,
    resume: bool = False,
    workers: int = 1,
    engine: EngineName = "local",
    address: str | None = None,
    against: str | Path | None = None,
    as_of: datetime | None = None,
    watch: Watch | None = None,
) -> AuditReport:
    """Put what a model has said already to the same detection and agents as at run time, and write a report.

    Nothing is recorded in the ledger, and no model that was wrapped is asked. What an audit finds is what these layers
    of detection find: silence is no proof that nothing was disclosed.

    Args:
        logs: Files, globs and folders; `-` is standard input. Their shape is told by their content.
        store: The register, or its folder.
        out: The folder of the report; created when missing.
        policy: Limits and sides; thresholds that it does not give are those of the register.
        agent_model: A model for the agents, asked about what the rules leave open; it is sent the exchange and what the
            register says of the targets in doubt. `None`: the rules alone.
        agent_models: Models for single agents, before that for all.
        max_calls: Requests to agents' models at most, in all.
        format: The shape of the logs; `None`: as it looks.
        columns: Names of columns or fields, by what they hold: `prompt`, `response`, `id`, `at`, `system`, `context`.
        sample: The share of the exchanges that is looked at, over 0 to 1; `None`: all.
        limit: How many exchanges are looked at at most; `None`: all.
        reveal: Whether the findings hold names of targets and the words that matched.
        sanitised: Whether a copy of the logs is written with answers as they would have been released.
        resume: Whether to go on with an audit in `out` that was interrupted.
        workers: Processes. With more than one, a script needs `if __name__ == "__main__":` around what it does.
        engine: Where exchanges are judged: on this machine, or on a Ray cluster.
        address: The Ray cluster; `None`: one on this machine.
        against: The folder of an earlier audit of the same logs: the report says which verdicts changed.
        as_of: The moment whose register judges; `None`: now.
        watch: Is told how far it has come, after each batch.

    Returns:
        The figures, and where the files are.

    Raises:
        InputError: There are no such logs or no register, the folder holds another audit, or an option cannot be used.
        PrerequisiteError: A package of the extra `audit` is missing, or a model.
        StoreBusy: Another process owns the register's index.
    """
    options = Options(
        policy=policy or Policy(),
        models=load_agent_models(agent_model, agent_models),
        max_calls=max_calls,
        format=format,
        columns=columns or {},
        sample=sample,
        limit=limit,
        reveal=reveal,
        sanitised=sanitised,
        resume=resume,
        workers=workers,
        engine=engine,
        address=address,
        against=None if against is None else Path(against),
        as_of=as_of,
    )
    given = [logs] if isinstance(logs, str | Path) else list(logs)
    with _opened(store) as register:
        return Audit(given, register, Path(out), options).run(watch)


async def aaudit(
    logs: str | Path | Sequence[str | Path], store: TargetStore | str | Path, out: str | Path, **options: Any
) -> AuditReport:
    """Do what `audit` does, with the same options, without blocking the event loop."""
    return await asyncio.to_thread(partial(audit, logs, store, out, **options))


@contextmanager
def _opened(store: TargetStore | str | Path) -> Iterator[TargetStore]:
    """Yield a register; one that is opened here is closed again."""
    if isinstance(store, TargetStore):
        yield store
        return
    if not is_register(Path(store)):
        raise InputError(f"There is no register in {str(store)!r}.", fix="Make one with `expunge targets add`.")
    with TargetStore(store) as opened:
        yield opened
