"""What agents with a model cost: the measurement counts what went over the wire, and tells ours from ALU."""

from itertools import product
from typing import get_args

import pytest
from expunge.errors import InputError
from expunge.evals import AgentReport, run_agents
from expunge.evals.agent_report import AgentCost
from expunge.evals.careful import count_tokens
from expunge.evals.doubted import Touch, doubted_targets, touching_exchanges
from rich.console import Console

TOUCHES: tuple[Touch, ...] = get_args(Touch)


@pytest.fixture(scope="module")
def report() -> AgentReport:
    """Ours and ALU on two registers."""
    return run_agents([10, 200], exchanges=3)


def of(report: AgentReport, policy: str, targets: int) -> dict[Touch, AgentCost]:
    return {cost.touch: cost for cost in report.costs if (cost.policy, cost.targets) == (policy, targets)}


def drawn(report: AgentReport) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(report.table())
    return capture.get()


@pytest.mark.parametrize("targets", [10, 200])
def test_ours_asks_no_agent_about_what_is_clean_or_certain(report: AgentReport, targets: int) -> None:
    costs = of(report, "ours", targets)
    assert (costs["clean"].requests, costs["clean"].most, costs["clean"].prompt_tokens) == (1, 1, 0)
    assert (costs["clean"].kept, costs["clean"].exchanges) == (3, 3)
    assert (costs["certain"].requests, costs["certain"].prompt_tokens) == (0, 0)
    assert 2 <= costs["uncertain"].requests <= costs["uncertain"].most <= 3
    assert (costs["rewritten"].requests, costs["rewritten"].kept) == (3, 3)
    assert costs["rewritten"].prompt_tokens > costs["uncertain"].prompt_tokens > 100


def test_alu_asks_four_times_about_everything_and_more_with_every_target(report: AgentReport) -> None:
    few, many = of(report, "alu", 10), of(report, "alu", 200)
    assert {cost.requests for cost in (*few.values(), *many.values())} == {5}
    # Each of four prompts holds a number, a dot and at least a word of each name.
    assert all(many[touch].prompt_tokens - few[touch].prompt_tokens > 4 * 3 * 190 for touch in TOUCHES)
    assert all(cost.prompt_tokens > 1_000 for cost in few.values())


def test_prompts_of_ours_are_the_same_with_many_targets(report: AgentReport) -> None:
    few, many = of(report, "ours", 10), of(report, "ours", 200)
    assert {touch: cost.prompt_tokens for touch, cost in few.items()} == {
        touch: cost.prompt_tokens for touch, cost in many.items()
    }


def test_nothing_leaks_and_everything_is_reported(report: AgentReport) -> None:
    assert [(cost.targets, cost.policy, cost.touch) for cost in report.costs] == [
        *product([10, 200], ["ours", "alu"], TOUCHES)
    ]
    assert {cost.leaked for cost in report.costs} == {0}
    assert {cost.kept for cost in report.costs if cost.touch in {"certain", "uncertain"}} == {None}
    assert AgentReport.model_validate_json(report.model_dump_json()) == report
    table = drawn(report)
    assert all(table.count(touch) >= 4 for touch in TOUCHES)
    assert "3 of 3" in table


def test_alu_is_left_out_of_big_registers() -> None:
    report = run_agents([1_001], exchanges=1)
    assert {cost.policy for cost in report.costs} == {"ours"}
    assert "alu is skipped at 1,001 targets" in " ".join(drawn(report).split())
    assert not run_agents([10], exchanges=1, policy="alu").skipped


@pytest.mark.parametrize(("targets", "exchanges"), [([], 1), ([7], 1), ([20, 0], 1), ([20], 0)])
def test_numbers_out_of_range_are_refused(targets: list[int], exchanges: int) -> None:
    with pytest.raises(InputError, match="too little"):
        run_agents(targets, exchanges)


def test_exchanges_are_told_apart_by_their_prompts() -> None:
    exchanges = touching_exchanges()
    prompts = [exchange.prompt for exchange in exchanges]
    assert [touch for touch in TOUCHES for _ in range(24)] == [exchange.touch for exchange in exchanges]
    assert all(sum(prompt in other for other in prompts) == 1 for prompt in prompts)


def test_a_leak_is_what_the_draft_tells_beyond_the_prompt() -> None:
    names = {target.name for target in doubted_targets()}
    for exchange in touching_exchanges():
        assert exchange.leaks(exchange.draft) is (exchange.touch != "clean")
        assert not exchange.leaks(exchange.kept)
        assert not exchange.leaks(exchange.prompt)
        assert (exchange.target in names) is (exchange.touch != "clean")


def test_tokens_of_worked_examples() -> None:
    assert [count_tokens(text) for text in ("", "I am.", "explanation", "12. Elif Tormavjas")] == [0, 3, 3, 6]
