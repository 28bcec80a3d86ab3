"""Chat completions: only what was audited comes out, in OpenAI's shape."""

import json
from collections.abc import Sequence
from itertools import pairwise
from time import time
from typing import Any

import pytest
from expunge import Policy, Sanitizer
from expunge.errors import InputError
from expunge.tests.serving.wire import Answer, Call, completion, completion_chunks
from expunge.wrappers.openai.completions import CompletionGuard
from expunge.wrappers.openai.fields import Json
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

SECRET = "Hina Ameen"
# In letters beyond the first plane, each of which is two halves in JSON.
ASTRAL = "".join(chr(ord(letter) + 0x1D593 - 6 * letter.islower()) if letter.isalpha() else letter for letter in SECRET)
CLEAN = "Bob Ray won the race 🏆. It rained all day. They went home."
ASK: Json = {"model": "m", "messages": [{"role": "user", "content": "Who won?"}]}
STREAM: Json = ASK | {"stream": True, "stream_options": {"include_usage": True}}


def streamed(guard: CompletionGuard, chunks: Sequence[Json]) -> list[Json]:
    sent: list[Json] = []
    for chunk in chunks if not guard.denied else ():
        sent += guard.chunk(chunk)
        if guard.ended:
            break
    return [*sent, *guard.finish()]


def told(sent: Sequence[Json], index: int = 0, field: str = "content") -> str:
    choices = [choice for chunk in sent for choice in chunk["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get(field) or "" for choice in choices)


def leaks(sent: object) -> bool:
    text = json.dumps(sent, ensure_ascii=False).encode().decode()  # what is sent is whole characters
    return any(word in text for word in ("Hina", "Ameen", *ASTRAL.split()))


def halves(text: str, places: Sequence[int]) -> list[str]:
    """Cut a text anywhere, also inside a surrogate pair."""
    units = text.encode("utf-16-le")
    bounds = [0, *sorted(2 * (place % (len(units) // 2 + 1)) for place in places), len(units)]
    return [units[start:end].decode("utf-16-le", "surrogatepass") for start, end in pairwise(bounds)]


def delta(finish_reason: str | None = None, **fields: object) -> Json:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}


def test_a_clean_completion_comes_whole(sanitizer: Sanitizer) -> None:
    call = Call("weather", ('{"city": ', '"Zürich"}'))
    answer = Answer([CLEAN], reasoning=["A race, then."], calls=[call])
    guard = CompletionGuard(sanitizer, ASK)
    shown = guard.completion(completion(ASK, [answer]))
    parsed = ChatCompletion.model_validate(shown, strict=True)
    message = shown["choices"][0]["message"]
    assert message["content"] == CLEAN
    assert message["reasoning_content"] == "A race, then."
    assert message["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"city": "Zürich"}'}
    assert parsed.choices[0].finish_reason == "tool_calls"
    assert (parsed.model, parsed.usage and parsed.usage.prompt_tokens) == ("m", 5)
    assert [verdict.action for verdict in guard.verdicts] == ["release"]


def test_a_clean_stream_comes_in_order(sanitizer: Sanitizer) -> None:
    call = Call("weather", ('{"city": ', '"Zürich"}'))
    answer = Answer(["It rained. ", "It ", "snowed. ", "Nobody won."], reasoning=["A race."], calls=[call])
    sent = streamed(CompletionGuard(sanitizer, STREAM), list(completion_chunks(STREAM, [answer])))
    for chunk in sent:
        ChatCompletionChunk.model_validate(chunk, strict=True)
    deltas = [choice["delta"] for chunk in sent for choice in chunk["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert [*deltas[-2]] == ["tool_calls"]
    assert deltas[-2]["tool_calls"][0]["function"]["arguments"] == '{"city": "Zürich"}'
    assert told(sent) == "It rained. It snowed. Nobody won."
    assert told(sent, field="reasoning_content") == "A race."
    assert sum("content" in delta and bool(delta["content"]) for delta in deltas) > 1
    assert sent[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert (sent[-1]["choices"], sent[-1]["usage"]["prompt_tokens"]) == ([], 5)


@given(places=st.lists(st.integers(0, 200), max_size=40))
def test_a_clean_stream_cut_anywhere_is_the_draft(sanitizer: Sanitizer, places: list[int]) -> None:
    chunks = list(completion_chunks(STREAM, [Answer(halves(CLEAN, places))]))
    sent = streamed(CompletionGuard(sanitizer, STREAM), json.loads(json.dumps(chunks)))
    assert told(sent) == CLEAN


@given(
    places=st.lists(st.integers(0, 200), max_size=40),
    name=st.sampled_from([SECRET, ASTRAL]),
    mode=st.sampled_from(["sentence", "buffer"]),
)
def test_a_name_cut_anywhere_ends_the_stream(sanitizer: Sanitizer, places: list[int], name: str, mode: Any) -> None:
    draft = f"It rained all day. Bob Ray saw it. The prize went to {name}. They went home."
    chunks = list(completion_chunks(STREAM, [Answer(halves(draft, places))]))
    guard = CompletionGuard(sanitizer, STREAM, stream=mode)
    sent = streamed(guard, chunks)
    assert not leaks(sent)
    assert told(sent) == guard.verdicts[0].text
    (ending,) = [chunk["choices"][0] for chunk in sent if chunk["choices"] and chunk["choices"][0]["finish_reason"]]
    assert ending["finish_reason"] == "stop"
    # Up to the last piece, which may be an abstention, the beginning of the draft was shown.
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in sent if chunk["choices"]]
    assert draft.startswith("".join(pieces).removesuffix([piece for piece in pieces if piece][-1]))


@given(places=st.lists(st.integers(0, 60), max_size=20), name=st.sampled_from([SECRET, ASTRAL]))
def test_a_name_cut_anywhere_in_reasoning_or_arguments(sanitizer: Sanitizer, places: list[int], name: str) -> None:
    thought = Answer(["It rained."], reasoning=halves(f"It was {name}, I think.", places))
    called = Answer(["It rained."], calls=[Call("tell", halves(f'{{"who": "{name}"}}', places))])
    for answer in (thought, called):
        guard = CompletionGuard(sanitizer, STREAM)
        assert not leaks(streamed(guard, list(completion_chunks(STREAM, [answer]))))
        assert guard.verdicts[0].action == "abstain" or answer is thought


def test_a_name_cut_anywhere_in_the_name_of_a_tool(sanitizer: Sanitizer) -> None:
    pieces = [delta(tool_calls=[{"index": 0, "function": {"name": half}}]) for half in halves(ASTRAL, range(40))]
    guard = CompletionGuard(sanitizer, STREAM)
    assert not leaks(json.loads(json.dumps(streamed(guard, [*pieces, delta("tool_calls")]))))
    assert guard.verdicts[0].action == "abstain"


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "refusal": f"I will not speak of {SECRET}."},
        {"content": "Well.", "reasoning_content": f"It was {SECRET}."},
        {"content": "Well.", "reasoning": f"It was {SECRET}."},
        {"content": "Well.", "annotations": [{"type": "url_citation", "url_citation": {"title": SECRET}}]},
        {"content": "Well.", "audio": {"transcript": SECRET}},
        {"content": "Well.", "function_call": {"name": "tell", "arguments": SECRET}},
        {"content": "Well.", SECRET: SECRET},
        {"content": "", "tool_calls": [{"id": "1", "function": {"name": "tell", "arguments": f'{{"a": "{SECRET}"}}'}}]},
        {"content": "", "tool_calls": [{"id": "1", "function": {"name": "tell", "arguments": f"no JSON {SECRET}"}}]},
        {"content": "", "tool_calls": [{"id": "1", "function": {"name": "tell", "arguments": f'["{SECRET}"]'}}]},
        {"content": "", "tool_calls": [{"id": "1", "function": {"name": SECRET, "arguments": "{}"}}]},
        {"content": "", "tool_calls": [{"id": SECRET, "function": {"name": "tell", "arguments": "{}"}}]},
        {"content": "", "tool_calls": [{"id": "1", "custom": {"name": "tell", "input": SECRET}}]},
        {
            "content": "",
            "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"a": "\\u0048ina Ameen"}'}}],
        },
        {
            "content": "",
            "tool_calls": [
                {"id": "1", "function": {"name": "f", "arguments": f'{{"a": "{SECRET}", "a": "b"}}'}},
            ],
        },
        {"content": [SECRET]},
        {"content": "Well.", "tool_calls": SECRET},
    ],
)
def test_no_field_leaks(sanitizer: Sanitizer, message: Json) -> None:
    whole = completion(ASK, [Answer(["Well."])])
    whole["choices"][0] |= {"message": message, "logprobs": {"content": [{"token": SECRET}]}, SECRET: 1}
    whole |= {"extra": SECRET, "service_tier": SECRET, "usage": {"prompt_tokens": 1, "note": SECRET, SECRET: 1}}
    shown = CompletionGuard(sanitizer, ASK).completion(whole)
    assert not leaks(shown)
    assert shown["usage"] == {"prompt_tokens": 1}
    delta = {**message, "tool_calls": message.get("tool_calls", [])}
    chunk = {**whole, "choices": [{"index": 0, "delta": delta, "logprobs": SECRET, "finish_reason": None}]}
    assert not leaks(streamed(CompletionGuard(sanitizer, STREAM), [chunk, chunk]))


PARTS: list[list[Json]] = [
    [{"content": SECRET}, {"refusal": "Sorry."}],
    [{"content": "It was Hina"}, {"refusal": "Ameen, I fear."}],
    [{"content": [{"type": "text", "text": SECRET}, {"type": "text", "text": "Sorry."}]}],
    [{"content": [{"type": "text", "text": SECRET}]}, {"refusal": "Sorry."}],
    [{"reasoning_content": f"It was {SECRET}"}, {"reasoning": "Sorry."}],
]


@pytest.mark.parametrize("said", PARTS)
def test_no_name_is_glued_to_the_next_part(sanitizer: Sanitizer, said: list[Json]) -> None:
    whole = CompletionGuard(sanitizer, ASK)
    message = {name: told for part in said for name, told in part.items()}
    assert not leaks(whole.completion({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}))
    guard = CompletionGuard(sanitizer, STREAM)
    assert not leaks(streamed(guard, [*(delta(**part) for part in said), delta("stop")]))
    # A finding in the reasoning holds the reasoning back alone.
    assert {verdict.action for verdict in [*whole.verdicts, *guard.verdicts]} <= {"abstain", "rewrite"}


def test_between_texts_of_several_fields_stands_a_blank_line(sanitizer: Sanitizer) -> None:
    parts = [{"type": "text", "text": "It rained."}, {"type": "image_url"}, {"type": "text", "text": "It snowed."}]
    message = {"content": parts, "refusal": "No more."}
    shown = CompletionGuard(sanitizer, ASK).completion({"choices": [{"message": message, "finish_reason": "stop"}]})
    assert shown["choices"][0]["message"]["content"] == "It rained.\n\nIt snowed.\n\nNo more."
    pieces = [delta(content="It "), delta(content="rained."), delta(refusal="No "), delta(refusal="more.")]
    sent = streamed(CompletionGuard(sanitizer, STREAM), [*pieces, delta("stop")])
    assert told(sent) == "It rained.\n\nNo more."


NUMBER = 900_514_344_221


@pytest.mark.parametrize("value", ["Hina_Ameen", "HinaAmeen", NUMBER, -1, 1.5, True, {SECRET: 1}, [SECRET]])
def test_nothing_around_the_answer_is_taken_over_unseen(sanitizer: Sanitizer, value: object) -> None:
    usage = {
        "prompt_tokens": 5,
        "total_tokens": value,
        "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": value, "Hina_Ameen": 1},
        "completion_tokens_details": value,
        "Hina_Ameen": 1,
    }
    names = ("id", "created", "model", "system_fingerprint", "service_tier", "object")
    around = dict.fromkeys(names, value) | {"usage": usage}
    call = {"id": value if isinstance(value, str) else "1", "function": {"name": "f", "arguments": "{}"}}
    said = {"index": 0, "message": {"content": "Well.", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    shown = CompletionGuard(sanitizer, ASK).completion({"choices": [said], **around})
    sent = streamed(CompletionGuard(sanitizer, STREAM), [delta(content="Well.") | around, delta("stop") | around])
    for told in (shown, *sent):
        assert (told["model"], told["id"][:9]) == ("m", "chatcmpl-")
        assert abs(told["created"] - time()) < 60
        assert not leaks(told)
        assert str(NUMBER) not in json.dumps(told)
    assert len(shown["choices"][0]["message"]["tool_calls"]) == 1
    assert shown["usage"] == sent[-1]["usage"] == {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2}}


def test_known_tiers_and_counts_are_kept(sanitizer: Sanitizer) -> None:
    usage = {
        "prompt_tokens": 5,
        "completion_tokens": 7,
        "total_tokens": 12,
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
    around = {"service_tier": "flex", "usage": usage}
    shown = CompletionGuard(sanitizer, ASK).completion(completion(ASK, [Answer(["Well."])]) | around)
    assert {name: shown[name] for name in around} == around


def test_calls_with_one_id_stay_apart(sanitizer: Sanitizer) -> None:
    calls = [
        {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}},
        {"id": "1", "type": "custom", "custom": {"name": "run", "input": "print(1)"}},
    ]
    said = {"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}
    whole = CompletionGuard(sanitizer, ASK).completion({"choices": [said]})["choices"][0]["message"]["tool_calls"]
    pieces = [{"index": place, **call} for place, call in enumerate(calls)]
    sent = streamed(CompletionGuard(sanitizer, STREAM), [delta(tool_calls=pieces), delta("tool_calls")])
    (told,) = [
        choice["delta"]["tool_calls"]
        for chunk in sent
        for choice in chunk["choices"][:1]
        if "tool_calls" in choice["delta"]
    ]
    for made in (whole, told):
        assert [call[call["type"]] for call in made] == [calls[0]["function"], calls[1]["custom"]]
        assert len({call["id"] for call in made}) == 2


def test_choices_are_exchanges_of_their_own(sanitizer: Sanitizer) -> None:
    answers = [Answer(["It rained. ", f"{SECRET} won. ", "So."]), Answer(["It snowed. ", "Nobody won. ", "So."])]
    request = STREAM | {"n": 2}
    guard = CompletionGuard(sanitizer, request)
    sent = streamed(guard, list(completion_chunks(request, answers)))
    assert not leaks(sent)
    assert told(sent, 1) == "It snowed. Nobody won. So."
    assert [verdict.action for verdict in guard.verdicts] == ["abstain", "release"]
    ended = [choice["index"] for chunk in sent for choice in chunk["choices"] if choice["finish_reason"]]
    assert ended == [0, 1]


def test_a_choice_ends_when_its_model_says_so(sanitizer: Sanitizer) -> None:
    guard = CompletionGuard(sanitizer, STREAM | {"n": 2})
    said = {"index": 1, "delta": {"content": "It rained."}, "finish_reason": "length"}
    *_, shown, ending = guard.chunk({"choices": [said]})
    assert shown["choices"][0]["delta"] == {"content": "It rained."}
    assert (ending["choices"][0]["index"], ending["choices"][0]["finish_reason"]) == (1, "length")
    assert not guard.ended


def test_what_was_not_asked_for_is_dropped(sanitizer: Sanitizer) -> None:
    both = STREAM | {"n": 2}
    chunks = list(completion_chunks(both, [Answer(["It rained."])]))
    sent = streamed(CompletionGuard(sanitizer, STREAM), chunks)
    assert {choice["index"] for chunk in sent for choice in chunk["choices"]} == {0}
    shown = CompletionGuard(sanitizer, ASK).completion(completion(both, [Answer(["It rained."])]))
    assert len(shown["choices"]) == 1
    # A model's side that gives fewer choices than were asked for ends none that it never began.
    guard = CompletionGuard(sanitizer, both)
    sent = streamed(guard, list(completion_chunks(STREAM, [Answer(["It rained."])])))
    assert {choice["index"] for chunk in sent for choice in chunk["choices"]} == {0}


def test_a_question_that_is_denied_costs_no_model(sanitizer: Sanitizer) -> None:
    request = ASK | {"messages": [{"role": "user", "content": f"Tell me all about {SECRET}."}], "n": 2}
    guard = CompletionGuard(sanitizer, request)
    assert guard.denied
    assert guard.ended
    shown = ChatCompletion.model_validate(guard.withheld(), strict=True)
    assert len(shown.choices) == 2
    assert shown.id.startswith("chatcmpl-")
    assert shown.usage
    assert shown.usage.total_tokens == 0
    assert {verdict.action for verdict in guard.verdicts} == {"abstain"}
    sent = CompletionGuard(sanitizer, {**STREAM, **request}).finish()
    assert told(sent) == told(sent, 1) == shown.choices[0].message.content
    assert sent[-1]["usage"]["total_tokens"] == 0
    assert not leaks(sent)


def test_a_refusal_is_told_by_the_finish_reason(sanitizer: Sanitizer) -> None:
    guard = CompletionGuard(sanitizer.with_policy(Policy(abstain="refuse")), STREAM)
    sent = streamed(guard, list(completion_chunks(STREAM, [Answer([f"{SECRET} won."])])))
    assert sent[-2]["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    "chunk",
    [
        None,
        [],
        SECRET,
        {},
        {"choices": None},
        {"choices": SECRET},
        {"choices": [SECRET]},
        {"choices": [{"index": SECRET, "delta": {}}]},
        {"choices": [{"index": True, "delta": {}}]},
        {"choices": [{"index": 0, "delta": SECRET}]},
        {"choices": [{"index": 0, "delta": {"content": {"a": SECRET}}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [SECRET]}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": [SECRET]}}]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": [SECRET]}]},
    ],
)
def test_malformed_chunks_end_in_an_abstention(sanitizer: Sanitizer, chunk: object) -> None:
    guard = CompletionGuard(sanitizer, STREAM)
    begun = guard.chunk({"choices": [{"index": 0, "delta": {"content": "It rained. It snowed. "}}]})
    sent = [*begun, *guard.chunk(chunk), *guard.finish()]
    assert told(sent).startswith("It rained. ")
    assert not leaks(sent)
    assert guard.verdicts[0].action == "abstain"
    assert guard.verdicts[0].error == "MalformedAnswer"
    whole = CompletionGuard(sanitizer, ASK)
    shown = whole.completion(chunk)
    assert not leaks(shown)
    assert whole.verdicts[0].action == "abstain"
    assert shown["choices"][0]["message"]["content"]


def test_nothing_comes_after_the_end(sanitizer: Sanitizer) -> None:
    guard = CompletionGuard(sanitizer, STREAM)
    streamed(guard, list(completion_chunks(STREAM, [Answer(["It rained."])])))
    assert guard.chunk({"choices": [{"index": 0, "delta": {"content": "More."}}]}) == []
    assert guard.fail(RuntimeError(SECRET)) == []
    guard.abandon()
    assert len(guard.verdicts) == 1


def test_an_abandoned_stream_is_recorded(sanitizer: Sanitizer) -> None:
    guard = CompletionGuard(sanitizer, STREAM)
    guard.chunk({"choices": [{"index": 0, "delta": {"content": "It rained. It snowed. And"}}]})
    guard.abandon()
    last, before = sanitizer.store.ledger.entries(2, newest_first=True)
    assert (before.kind, last.kind, last.error) == ("stream", "error", "Abandoned")
    assert not told(guard.finish())


@pytest.mark.parametrize(
    "change",
    [
        {"messages": None},
        {"messages": []},
        {"messages": "Who?"},
        {"messages": ["Who?"]},
        {"messages": [{"role": "pirate", "content": "Who?"}]},
        {"messages": [{"role": "user", "content": 3}]},
        {"n": 0},
        {"n": 129},
        {"n": "2"},
        {"n": True},
    ],
)
def test_bad_requests_are_refused(sanitizer: Sanitizer, change: Json) -> None:
    with pytest.raises(InputError, match=r"messages|'n'"):
        CompletionGuard(sanitizer, ASK | change)


@pytest.mark.parametrize(
    "turn",
    [
        {"role": "user", "content": [{"type": "text", "text": SECRET}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "custom": {"name": "f", "input": SECRET}}]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": '{"a": "\\u0048ina Ameen"'}}]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": '{"a": "\\u0048ina Ameen"}'}}]},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": f"Found {SECRET}."}]},
        {"role": "developer", "content": f"You know {SECRET}."},
        {"role": "function", "name": "f", "content": SECRET},
    ],
)
def test_every_turn_is_vetted(sanitizer: Sanitizer, turn: Json) -> None:
    """A conversation with the target in it shows nothing before the end."""
    request = STREAM | {"messages": [turn, {"role": "user", "content": "Go on."}]}
    answer = Answer(["It rained. ", "It snowed. ", "So."])
    guard = CompletionGuard(sanitizer, request)
    early = [sent for chunk in list(completion_chunks(request, [answer]))[:3] for sent in guard.chunk(chunk)]
    assert "rained" not in told(early)


def test_a_conversation_about_nobody_holds_nothing_back(sanitizer: Sanitizer) -> None:
    turn = {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "Found nobody."}]}
    request = STREAM | {"messages": [turn, {"role": "user", "content": "Go on."}]}
    chunks = list(completion_chunks(request, [Answer(["It rained. ", "It snowed. ", "So."])]))
    guard = CompletionGuard(sanitizer, request)
    assert told([sent for chunk in chunks[:3] for sent in guard.chunk(chunk)]) == "It rained. "


def test_an_answer_without_the_choice_that_was_asked_for_is_malformed(sanitizer: Sanitizer) -> None:
    guard = CompletionGuard(sanitizer, ASK)
    shown = guard.completion({"choices": [{"index": 3, "message": {"role": "assistant", "content": "Hi."}}]})
    assert [choice["index"] for choice in shown["choices"]] == [0]
    assert [verdict.error for verdict in guard.verdicts] == ["MalformedAnswer"]
