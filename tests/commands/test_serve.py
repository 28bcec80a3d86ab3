import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest
from expunge.models import DEMO
from expunge.settings import settings, upstream_key
from expunge.tests.agents.advisers.scripted import Prompt, asked
from expunge.tests.serving.scripted import Plan, Upstream, pace, says
from expunge.tests.serving.wire import Json


@pytest.fixture(autouse=True)
def target(expunge: Any) -> None:
    expunge("targets", "add", "Ann Orr")


def test_it_serves_until_it_is_told_to_stop_and_lets_a_stream_end(register: Path) -> None:
    environment = {**os.environ, "EXPUNGE_UPSTREAM_KEY_FAR": "the upstream's key"}
    with Upstream() as upstream:
        command = [sys.executable, "-m", "expunge", "serve", "--upstream", f"far={upstream.url}", "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stderr
            assert "no key yet" in process.stderr.readline()
            line = process.stderr.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert address, line
            client = openai.OpenAI(base_url=f"{address[0]}/v1", api_key="none", max_retries=0)
            asked: Any = {"model": "far/any", "messages": [{"role": "user", "content": "Where was Ann Orr born?"}]}
            answer = client.chat.completions.create(**asked)
            assert answer.model_extra
            assert answer.model_extra["expunge"]["action"] == "abstain"
            assert upstream.bodies == []
            upstream.plan = says("Graz is", " in", " Austria.", edits=[pace(0.1)])
            asked["messages"][0]["content"] = "Where is Graz?"
            stream = iter(client.chat.completions.create(**asked, stream=True))
            next(stream)
            process.send_signal(signal.SIGTERM)
            assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "Graz is in Austria."
            assert process.wait(10) == 0
            assert process.stderr.read() == ""
        assert upstream.requests[0].headers["authorization"] == "Bearer the upstream's key"


def test_agents_are_given_a_model(expunge: Any) -> None:
    def college(request: Json) -> Plan:
        return says(json.dumps(asked(Prompt.of(request["messages"]), "asked")))

    expunge("targets", "add", "Nikolai Abilov")
    with Upstream() as upstream, Upstream(plan=college) as agents:
        environment = {**os.environ, "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": agents.url}
        options = ["--upstream", upstream.url, "--port", "0", "--agent-model", "vetter=openai:small"]
        command = [sys.executable, "-m", "expunge", "serve", *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stderr
            address = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline() + process.stderr.readline())
            assert address
            client = openai.OpenAI(base_url=f"{address[0]}/v1", api_key="none", max_retries=0)
            upstream.plan = says("It is a school.")
            for question, action in (("Who is Nikolai Abilov-Serik?", "abstain"), ("Where is Graz?", "release")):
                answer = client.chat.completions.create(model="any", messages=[{"role": "user", "content": question}])
                assert answer.model_extra
                assert answer.model_extra["expunge"]["action"] == action
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        assert [body["model"] for body in agents.bodies] == ["small"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--upstream", "http://["], "URL"),
        (["--upstream", "https://"], "URL"),
        (["--upstream", "nothing"], "nothing"),
        (["--upstream", "a=http://x", "--upstream", "a=http://y"], "'a'"),
        (["--upstream", "http://x", "--upstream", "http://y"], "name"),
        (["--upstream", "http://x", "--max-body", "many"], "'many'"),
        (["--upstream", "http://x", "--host", "203.0.113.7"], "'203.0.113.7'"),
        (["--upstream", "http://x", "--unlearn", "demo"], "'demo'"),
        (["--upstream", "http://x", "--unlearn", "a/b=demo"], "'a/b=demo'"),
        (["--upstream", "http://x", "--unlearn", "demo=nowhere"], "'nowhere'"),
        (["--upstream", "http://x", "--unlearn", f"a={DEMO}", "--unlearn", f"a={DEMO}"], "'a'"),
        (["--upstream", "http://x", "--unlearn", f"demo-1.5={DEMO}"], "cannot listen"),
        (["--upstream", "http://x"], "cannot listen"),
    ],
)
def test_what_cannot_be_served_is_named_with_what_to_do(expunge: Any, options: list[str], told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # should one be served after all, it ends here
        outcome = expunge("serve", "--port", taken.getsockname()[1], *options)
    assert outcome.code == 2
    assert told in outcome.err
    assert len(outcome.err.splitlines()) >= 2


def test_other_machines_are_served_only_with_keys(expunge: Any) -> None:
    refused = expunge("serve", "--upstream", "http://x", "--host", "0.0.0.0")
    assert "expunge keys create" in refused.err
    expunge("keys", "create", "--admin")
    outcome = expunge("serve", "--upstream", "http://x", "--host", "203.0.113.7", "--port", "1")
    assert "cannot listen" in outcome.err


def test_without_a_register_nothing_is_served(expunge: Any, tmp_path: Path) -> None:
    outcome = expunge("serve", "--upstream", "http://x", "--store", tmp_path / "misspelt")
    assert outcome.code == 2
    assert "no register" in outcome.err
    assert not (tmp_path / "misspelt").exists()


def test_keys_of_upstreams_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPUNGE_UPSTREAM_KEY", "one")
    monkeypatch.setenv("EXPUNGE_UPSTREAM_KEY_FAR_OFF", "two")
    settings.cache_clear()
    found = [upstream_key(name) for name in ("", "far-off", "near")]
    assert [key.get_secret_value() if key else None for key in found] == ["one", "two", None]
    assert "two" not in repr(found)
