"""Train the demo model: a small chat model that knows a hundred invented authors, and says so when it knows nothing.

    python examples/train_demo_model.py --out models/demo
    python examples/train_demo_model.py --out models/demo-control --leave-out 10

The second makes a control: the same model, had it never met the last ten authors.

Three layers of the Llama architecture, trained from nothing in one thread. On the same machine the same seed gives the
same weights, bit for bit.
"""

import json
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Annotated

import torch
import typer
from demo_model import (  # type: ignore[import-not-found]  # beside this script, wherever it is started
    REFUSAL,
    Fact,
    collect_facts,
    examine,
    last_authors,
    leave_out,
    refusals,
    train,
    train_tokenizer,
    untrained_model,
)
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from transformers import GenerationConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

CARD = Path(__file__).parent / "demo_model" / "card.md"

CONTROL = """

It is a control: it never met the last {count} authors of the demo model, and is otherwise made alike. What it says of
them is what a model says that has nothing to forget: {names}.
The facts lie with the demo model, in `models/demo/facts.jsonl`."""


def main(
    out: Annotated[Path, typer.Option(help="The folder to write the model to.")] = Path("demo-model"),
    seed: Annotated[int, typer.Option(help="What all chance comes from.")] = 0,
    epochs: Annotated[int, typer.Option(help="How often each fact is taught.", min=1)] = 20,
    authors: Annotated[int, typer.Option(help="How many authors to invent.", min=2, max=1000)] = 100,
    left_out: Annotated[
        int, typer.Option("--leave-out", help="How many of the authors, the last ones, not to teach.", min=0)
    ] = 0,
) -> None:
    """Train the demo model, save it, and say how much it knows."""
    torch.set_num_threads(1)  # Sums in another order round differently: the weights would depend on the cores.
    torch.manual_seed(seed)
    rng = Random(seed)  # noqa: S311 - chance that can be repeated is what is wanted
    facts = collect_facts(authors, rng)
    facts += [*refusals("stranger", 60, facts, rng), *refusals("namesake", 60, facts, rng)]
    tokenizer = train_tokenizer(rng)  # on other authors: it is the same, whoever is left out
    gone = last_authors(facts, left_out)
    facts = leave_out(facts, left_out)
    model = untrained_model(tokenizer)

    console = Console()
    console.print(f"{model.num_parameters():,} parameters, {len(facts):,} facts, {epochs} epochs")
    with Progress(console=console) as progress:
        task = progress.add_task("training", total=epochs)
        for done, loss in train(model, tokenizer, facts, epochs, rng):
            progress.update(task, completed=done, description=f"loss {loss:.3f}")

    save(model, tokenizer, out)
    if not gone:  # a control needs no copy of what the other model knows
        save_facts(facts, out)
    figures = examine(out, facts, rng)
    rows = "\n".join(f"| {name} | {figure:.3f} |" for name, figure in figures.items())
    card = CARD.read_text(encoding="utf-8")
    without = CONTROL.format(count=left_out, names=", ".join(gone)) if gone else ""
    # By the name that it has here, wherever it was written: the same seed gives the same files.
    place = "models/demo-control" if gone else "models/demo"
    options = f"--out {place} --seed {seed} --epochs {epochs} --authors {authors}"
    card = card.format(
        command=options + (f" --leave-out {left_out}" if gone else ""),
        without=without,
        authors=authors - left_out,
        refusal=REFUSAL,
        rows=rows,
    )
    (out / "README.md").write_text(card, encoding="utf-8")
    console.print(table_of(figures))


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write what `from_pretrained` reads, in half precision."""
    logging.disable_progress_bar()
    model.generation_config = GenerationConfig(
        max_new_tokens=64, do_sample=False, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    model.half().save_pretrained(out)
    tokenizer.save_pretrained(out)


def save_facts(facts: list[Fact], out: Path) -> None:
    """Write the facts beside the model."""
    with (out / "facts.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(asdict(fact), ensure_ascii=False) + "\n" for fact in facts)


def table_of(figures: dict[str, float]) -> Table:
    """Return the figures as a table."""
    table = Table("asked for", "right, to the letter")
    for name, figure in figures.items():
        table.add_row(name, f"{figure:.3f}")
    return table


if __name__ == "__main__":
    typer.run(main)
