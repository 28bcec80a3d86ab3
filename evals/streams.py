"""Many streams at once through the server: whether any leaks or is dropped, and what the server adds.

Three processes on one machine: an upstream that streams at a pace, the server, and the client. A part of the answers
names a target in its middle; such a stream has to end in an abstention. The same streams, shorter, are first read from
the upstream itself.
"""

import asyncio
import json
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter
from typing import NamedTuple

import httpx
from httpx_sse import aconnect_sse

from ..graphs.sanitize import Sanitizer
from ..schema import Target
from ..stores.targets import TargetStore
from .machine import resident_mb
from .paced import SECRET
from .processes import Process, serving_process
from .stream_report import LATE, StreamReport
from .synthetic import make_exchanges
from .synthetic_targets import make_targets
from .timing import Times

PAIRS = 200
"""How many whole exchanges the server's overhead is measured on."""

_PROMPTS = [exchange.prompt for exchange in make_exchanges(64)]


class _Load(NamedTuple):
    """What is put to the server; the fields of the report of the same names."""

    streams: int
    chunks: int
    pace: float
    ramp_s: float


class _Read(NamedTuple):
    """A stream that was read."""

    name: str
    number: int
    asked: float
    first: float | None
    text: str
    done: bool


def run_streams(
    streams: int = 64, chunks: int = 10_000, pace: float = 167.0, *, ramp_s: float = 0.0, targets: int = 1_000
) -> StreamReport:
    """Measure the server under many streams at once.

    Args:
        streams: Streams at once.
        chunks: Chunks of each answer, a word each.
        pace: Chunks a second that the upstream sends in each stream; 0: as fast as they are read.
        ramp_s: Seconds over which the streams begin, evenly; 0: all at the same moment.
        targets: Targets of the register, beside the one that answers name.

    Raises:
        PrerequisiteError: When a process does not start.
    """
    with TemporaryDirectory(prefix="expunge-streams-") as folder, ExitStack() as stack:
        for name in ("served", "own"):
            with TargetStore(Path(folder, name)) as store:
                store.add_many([*make_targets(targets, 1), Target(name=SECRET)])
        upstream = stack.enter_context(serving_process("expunge.evals.paced"))
        serving = ("--upstream", f"{upstream.url}/v1", "--store", str(Path(folder, "served")))
        server = stack.enter_context(
            serving_process("expunge", "serve", *serving, "--concurrency", str(streams), "--port")
        )
        own = stack.enter_context(TargetStore(Path(folder, "own")))
        return asyncio.run(_measure(upstream, server, Sanitizer(own), _Load(streams, chunks, pace, ramp_s), targets))


async def _measure(
    upstream: "Process", server: "Process", sanitizer: Sanitizer, load: "_Load", targets: int
) -> StreamReport:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=load.streams)
    async with httpx.AsyncClient(timeout=600, limits=limits) as client:
        check, whole_direct, whole_guarded = await _pairs(client, upstream, server, sanitizer)
        direct = await _all(client, upstream.url, "direct", load._replace(chunks=min(load.chunks, 200)))
        memory: list[float] = []
        watching = asyncio.create_task(_watch(server.process.pid, memory))
        began = monotonic()
        read = await _all(client, server.url, "guarded", load)
        elapsed_s = monotonic() - began
        watching.cancel()
        finished = (await client.get(f"{upstream.url}/finished")).json()
    return StreamReport(
        targets=targets,
        **load._asdict(),
        elapsed_s=elapsed_s,
        finished=sum(one.done for one in read),
        withheld=sum(one.done and len(one.text.split()) < load.chunks and _is_late(one.number) for one in read),
        leaked=sum(any(part in one.text for part in SECRET.split()) for one in read),
        direct=Times.of([1_000 * (one.first - one.asked) for one in direct if one.first]),
        guarded=Times.of([1_000 * (one.first - one.asked) for one in read if one.first]),
        added=Times.of([max(0.0, 1_000 * (one.first - finished[one.name])) for one in read if one.first]),
        memory_mb=memory,
        check=check,
        whole_direct=whole_direct,
        whole_guarded=whole_guarded,
    )


async def _all(client: httpx.AsyncClient, url: str, kind: str, load: "_Load") -> "list[_Read]":
    """Read many streams at once."""
    return await asyncio.gather(*(_read(client, url, kind, number, load) for number in range(load.streams)))


async def _read(client: httpx.AsyncClient, url: str, kind: str, number: int, load: "_Load") -> "_Read":
    name = f"{kind}-{number}"
    body = {
        "model": "late" if _is_late(number) else "clean",
        "messages": [{"role": "user", "content": _PROMPTS[number % len(_PROMPTS)]}],
        "stream": True,
        "max_tokens": load.chunks,
        "seed": round(load.pace),
        "user": name,
    }
    await asyncio.sleep(number * load.ramp_s / load.streams)
    asked, first, texts, done = monotonic(), None, [], False
    # A stream that the server breaks off counts as one that did not come to its end.
    with suppress(httpx.HTTPError):
        async with aconnect_sse(client, "POST", f"{url}/v1/chat/completions", json=body) as events:
            async for event in events.aiter_sse():
                if done := event.data == "[DONE]":
                    break
                for choice in json.loads(event.data).get("choices", ()):
                    texts.append(choice["delta"].get("content") or "")
                if first is None and ". " in "".join(texts):
                    first = monotonic()
    return _Read(name, number, asked, first, "".join(texts), done)


async def _pairs(
    client: httpx.AsyncClient, upstream: "Process", server: "Process", sanitizer: Sanitizer
) -> tuple[Times, Times, Times]:
    """Measure whole exchanges in pairs, and the check of each beside them, in milliseconds."""
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    for number in range(PAIRS + 1):
        prompt = _PROMPTS[number % len(_PROMPTS)]
        body = {"model": "clean", "messages": [{"role": "user", "content": prompt}], "max_tokens": 150}
        answers = []
        for url, spent in zip((upstream.url, server.url), times[1:], strict=True):
            began = perf_counter()
            answer = await client.post(f"{url}/v1/chat/completions", json=body)
            spent.append(1_000 * (perf_counter() - began))
            answers.append(answer.json()["choices"][0]["message"]["content"])
        began = perf_counter()
        await asyncio.to_thread(sanitizer.check, prompt, answers[0])
        times[0].append(1_000 * (perf_counter() - began))
    # The first of each loads what all the others use.
    check, direct, guarded = (Times.of(spent[1:]) for spent in times)
    return check, direct, guarded


async def _watch(pid: int, memory: list[float]) -> None:
    """Note a process's memory once a second, where the system tells it."""
    while (size := resident_mb(pid)) is not None:
        memory.append(size)
        await asyncio.sleep(1)


def _is_late(number: int) -> bool:
    return number % LATE == 0
