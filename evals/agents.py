"""What agents with a model cost: requests and prompt tokens of an exchange, counted by the server that answers them.

A process of this machine serves the wrapped model and the agents' (`careful.py`); `expunge.wrap` asks both over HTTP
with LangChain's client for OpenAI. Few targets of a register ever come into doubt; the others have a name alone.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from statistics import fmean
from typing import Literal, NamedTuple, get_args

import httpx
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr
from rich.console import Console
from rich.progress import track

from ..errors import InputError
from ..models.providers import provider_errors
from ..schema import Policy
from ..wrappers.chat import SanitizedChatModel, wrap
from .agent_report import AgentCost, AgentReport
from .doubted import Touch, Touching, doubted_targets, touching_exchanges
from .guard import registering
from .processes import serving_process
from .synthetic_targets import make_targets

Guard = Literal["ours", "alu"]
"""Who guards: the four agents, or those of ALU."""

_GUARDS: tuple[Guard, ...] = get_args(Guard)

ALU_TARGETS = 1_000
"""The most targets that ALU is measured with: each of its four prompts names them all."""

_TOUCHES: tuple[Touch, ...] = get_args(Touch)


class _Models(NamedTuple):
    """The two models, and where their server is."""

    url: str
    wrapped: BaseChatModel
    agents: BaseChatModel


class _Trial(NamedTuple):
    """What one exchange took."""

    requests: int
    prompt_tokens: int
    kept: bool | None
    leaked: bool


def run_agents(
    targets: Sequence[int] = (20, 1_000),
    exchanges: int = 24,
    *,
    policy: Guard | None = None,
    progress: bool = False,
) -> AgentReport:
    """Count requests and prompt tokens of exchanges that touch no target, and of those that touch one.

    Args:
        targets: How many targets each register holds: from the 8 that come into doubt up to 281,250.
        exchanges: How many of each kind; past 24 they come again.
        policy: Who guards; `None`: both in turn. ALU is left out of registers of more than `ALU_TARGETS`.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        InputError: A number is out of range.
        PrerequisiteError: A package of the extras `openai` or `serve` is missing, or the server does not start.
    """
    fewest = len(doubted_targets())
    if exchanges < 1 or min(targets, default=0) < fewest:
        raise InputError("There is too little to count.", fix=f"Ask for {fewest} targets and one exchange at least.")
    policies = [policy] if policy else _GUARDS
    big = sorted(count for count in set(targets) if count > ALU_TARGETS) if "alu" in policies else []
    skipped = [f"alu is skipped at {count:,} targets: each of its prompts would name them all." for count in big]
    put = _exchanges(exchanges)
    bar = track(targets, "Registers", console=Console(stderr=True), transient=True, disable=not progress)
    with serving_process("expunge.evals.careful") as server:
        models = _Models(server.url, _client("wrapped", server.url), _client("agents", server.url))
        costs = [cost for count in bar for cost in _of_register(count, models, policies, put)]
    return AgentReport(skipped=skipped, costs=costs)


def _exchanges(count: int) -> dict[Touch, list[Touching]]:
    every = touching_exchanges()
    return {touch: list(islice(cycle(each for each in every if each.touch == touch), count)) for touch in _TOUCHES}


def _client(name: str, url: str) -> BaseChatModel:
    with provider_errors(f"openai:{name}"):
        from langchain_openai import ChatOpenAI  # of the extra `openai`
    return ChatOpenAI(model=name, base_url=f"{url}/v1", api_key=SecretStr("none"))


def _of_register(
    count: int, models: _Models, policies: Sequence[Guard], put: dict[Touch, list[Touching]]
) -> Iterator[AgentCost]:
    """Count on one register, with every policy that it is not too big for."""
    known = doubted_targets()
    with registering([*known, *make_targets(count - len(known), 0)]) as store:
        chat = wrap(models.wrapped, store, agent_model=models.agents)
        for name in policies:
            if name == "alu" and count > ALU_TARGETS:
                continue
            sanitizer = chat.sanitizer.with_policy(Policy.named(name))
            guarded = chat.model_copy(update={"sanitizer": sanitizer})
            for touch, asked in put.items():
                yield _cost(touch, name, count, [_trial(guarded, models.url, exchange) for exchange in asked])


def _trial(chat: SanitizedChatModel, url: str, exchange: Touching) -> _Trial:
    text = chat.invoke(exchange.prompt).text
    received = httpx.get(f"{url}/received").json()
    read = sum(request["tokens"] for request in received if request["model"] == "agents")
    return _Trial(len(received), read, exchange.kept in text if exchange.kept else None, exchange.leaks(text))


def _cost(touch: Touch, policy: Guard, targets: int, trials: Sequence[_Trial]) -> AgentCost:
    return AgentCost(
        touch=touch,
        policy=policy,
        targets=targets,
        exchanges=len(trials),
        requests=fmean(trial.requests for trial in trials),
        most=max(trial.requests for trial in trials),
        prompt_tokens=fmean(trial.prompt_tokens for trial in trials),
        kept=None if trials[0].kept is None else sum(trial.kept is True for trial in trials),
        leaked=sum(trial.leaked for trial in trials),
    )
