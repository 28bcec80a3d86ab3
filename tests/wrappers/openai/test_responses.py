"""Responses: only what was audited comes out, in OpenAI's shape."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import pytest
from expunge import Policy, Sanitizer
from expunge.errors import InputError
from expunge.tests.serving.wire import Answer, Call, response, response_events
from expunge.wrappers.openai.fields import Json
from expunge.wrappers.openai.responses import ResponseGuard
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

SECRET = "Hina Ameen"
CLEAN = "Bob Ray won the race 🏆. It rained all day. They went home."
ASK: Json = {"model": "m", "input": "Who won?", "instructions": "Be brief.", "temperature": 0.5}
STREAM: Json = ASK | {"stream": True}
EVENT: TypeAdapter[object] = TypeAdapter(ResponseStreamEvent)
CALL = Call("weather", ('{"city": ', '"Zürich"}'))


# Ids as OpenAI's API draws them by chance, in place of the scripted ones.
IDS = {
    name: f"{name.partition('_')[0]}_{number:048x}"
    for number, name in enumerate(["resp_scripted", "msg_1", "rs_1", "fc_1"])
}
CALL_ID = "call_Gk2mQ7xWzR9tB4vN"


def random_ids(said: Json) -> Json:
    """Return what a scripted model says with ids of OpenAI's kind."""
    text = json.dumps(said).replace('"call_1"', f'"{CALL_ID}"')
    for scripted, random in IDS.items():
        text = text.replace(f'"{scripted}"', f'"{random}"')
    return cast(Json, json.loads(text))


def streamed(guard: ResponseGuard, events: Sequence[object]) -> list[Json]:
    sent: list[Json] = []
    for event in events if not guard.denied else ():
        sent += guard.event(event)
        if guard.ended:
            break
    return [*sent, *guard.finish()]


def told(sent: Sequence[Json], kind: str = "response.output_text.delta") -> str:
    return "".join(event["delta"] for event in sent if event["type"] == kind)


def leaks(sent: object) -> bool:
    text = json.dumps(sent, ensure_ascii=False)
    return any(word in text for word in ("Hina", "Ameen"))


def parsed(shown: Json) -> Response:
    """Check a response against the client's types; of the usage the model's side may leave details out."""
    return Response.model_validate(shown | {"usage": None})


def check(event: Json) -> None:
    EVENT.validate_python(event | {"response": event["response"] | {"usage": None}} if "response" in event else event)


def item_done(item: object, place: int = 0) -> Json:
    return {"type": "response.output_item.done", "output_index": place, "item": item}


def test_a_clean_response_comes_whole(sanitizer: Sanitizer) -> None:
    guard = ResponseGuard(sanitizer, ASK)
    shown = guard.response(random_ids(response(ASK, Answer([CLEAN], reasoning=["A race, then."], calls=[CALL]))))
    valid = parsed(shown)
    assert valid.output_text == CLEAN
    assert [item.type for item in valid.output] == ["reasoning", "message", "function_call"]
    assert [item.id for item in valid.output] == [IDS["rs_1"], IDS["msg_1"], IDS["fc_1"]]
    assert shown["output"][2]["call_id"] == CALL_ID
    assert shown["output"][0]["summary"] == [{"type": "summary_text", "text": "A race, then."}]
    assert shown["output"][2]["arguments"] == '{"city": "Zürich"}'
    assert (valid.id, valid.instructions, valid.temperature) == (IDS["resp_scripted"], "Be brief.", 0.5)
    assert shown["usage"]["input_tokens"] == 5
    assert [verdict.action for verdict in guard.verdicts] == ["release"]


def test_a_clean_stream_tells_the_same_as_the_whole(sanitizer: Sanitizer) -> None:
    answer = Answer(["It rained. ", "It ", "snowed. ", "Nobody won."], reasoning=["A race."], calls=[CALL])
    events = [random_ids(event) for event in response_events(STREAM, answer)]
    sent = streamed(ResponseGuard(sanitizer, STREAM), events)
    for event in sent:
        check(event)
    assert [event["sequence_number"] for event in sent] == list(range(len(sent)))
    assert told(sent) == "It rained. It snowed. Nobody won."
    assert told(sent, "response.reasoning_summary_text.delta") == "A race."
    assert told(sent, "response.function_call_arguments.delta") == '{"city": "Zürich"}'
    assert sum(event["type"] == "response.output_text.delta" for event in sent) > 1
    # Every item is added once and done once, at its own index, and the last event holds them all.
    added = [event["output_index"] for event in sent if event["type"] == "response.output_item.added"]
    done = {event["output_index"]: event["item"] for event in sent if event["type"] == "response.output_item.done"}
    assert added == sorted(done) == [0, 1, 2]
    assert [done[place] for place in added] == sent[-1]["response"]["output"]
    assert sent[-1]["type"] == "response.completed"
    whole = ResponseGuard(sanitizer, ASK).response(random_ids(response(ASK, answer)))
    assert sent[-1]["response"] | {"created_at": 0} == whole | {"created_at": 0}


@given(places=st.lists(st.integers(0, 200), max_size=40), secret=st.booleans())
def test_text_cut_anywhere(sanitizer: Sanitizer, places: list[int], secret: bool) -> None:
    draft = f"It rained all day. Bob Ray saw it. The prize went to {SECRET}. They went home." if secret else CLEAN
    units = draft.encode("utf-16-le")
    bounds = [0, *sorted(2 * (place % (len(units) // 2 + 1)) for place in places), len(units)]
    pieces = [units[start:end].decode("utf-16-le", "surrogatepass") for start, end in pairwise(bounds)]
    guard = ResponseGuard(sanitizer, STREAM)
    sent = streamed(guard, list(response_events(STREAM, Answer(pieces))))
    assert not leaks(sent)
    assert told(sent) == guard.verdicts[0].text
    assert (told(sent) == draft) is not secret
    texts = [event["delta"] for event in sent if event["type"] == "response.output_text.delta"]
    assert draft.startswith("".join(texts[:-1]))
    assert sent[-1]["response"]["output"][-1]["content"][0]["text"] == told(sent)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "content": [{"type": "refusal", "refusal": f"Not {SECRET}."}]},
        {"type": "message", "content": [{"type": "output_text", "text": f"It was {SECRET}."}]},
        {
            "type": "message",
            "content": [{"type": "output_text", "text": "Well.", "annotations": [SECRET], "logprobs": [SECRET]}],
        },
        {"type": "message", "id": SECRET, "role": SECRET, "content": [], SECRET: SECRET},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": f"It was {SECRET}."}]},
        {"type": "reasoning", "id": "rs_1", "content": [{"type": "reasoning_text", "text": f"It was {SECRET}."}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SECRET},
        {"type": "function_call", "id": "fc_1", "call_id": "1", "name": "f", "arguments": f'{{"a": "{SECRET}"}}'},
        {"type": "function_call", "id": "fc_1", "call_id": "1", "name": "f", "arguments": f"no JSON {SECRET}"},
        {"type": "function_call", "id": "fc_1", "call_id": "1", "name": SECRET, "arguments": "{}"},
        {"type": "function_call", "id": "fc_1", "call_id": SECRET, "name": "f", "arguments": "{}"},
        {"type": "function_call", "id": SECRET, "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "1", "name": "f", "input": SECRET},
        {"type": "web_search_call", "id": "ws_1", "action": {"query": SECRET}},
        {"type": "code_interpreter_call", "id": "ci_1", "code": SECRET},
        {"type": "image_generation_call", "id": "ig_1", "result": SECRET},
        {"type": "mcp_call", "id": "mcp_1", "arguments": SECRET, "output": SECRET},
        {"type": "something_new", "text": SECRET},
        {"type": [SECRET]},
    ],
)
def test_no_item_leaks(sanitizer: Sanitizer, item: Json) -> None:
    whole = response(ASK, Answer(["Well."]))
    whole["output"].append(item)
    whole |= {"extra": SECRET, "service_tier": SECRET, "instructions": SECRET, "tools": [SECRET], "metadata": SECRET}
    guard = ResponseGuard(sanitizer, ASK)
    assert not leaks(guard.response(whole))
    assert not guard.verdicts[0].error
    added = item_done(item, 1) | {"type": "response.output_item.added"}
    events = [*response_events(STREAM, Answer(["Well."]))]
    last = {"type": "response.completed", "response": whole}
    sent = streamed(ResponseGuard(sanitizer, STREAM), [*events[:-1], added, item_done(item, 1), last])
    assert not leaks(sent)
    assert sent[-1]["type"] == "response.completed"


@pytest.mark.parametrize(
    "kind",
    ["response.output_text.annotation.added", "response.code_interpreter_call_code.delta", "response.something.delta"],
)
def test_events_of_other_kinds_are_held_back(sanitizer: Sanitizer, kind: str) -> None:
    guard = ResponseGuard(sanitizer, STREAM)
    assert guard.event({"type": kind, "delta": SECRET, "annotation": SECRET}) == []


def test_a_custom_tool_is_called_with_any_text(sanitizer: Sanitizer) -> None:
    item = {
        "type": "custom_tool_call",
        "id": f"ctc_{7:048x}",
        "call_id": CALL_ID,
        "name": "run",
        "input": "print(1)",
    }
    whole = response(ASK, Answer(["Well."]))
    whole["output"].append(item)
    assert ResponseGuard(sanitizer, ASK).response(whole)["output"][1] == item | {"status": "completed"}
    events = [*response_events(STREAM, Answer(["Well."]))]
    sent = streamed(ResponseGuard(sanitizer, STREAM), [*events[:-1], item_done(item, 1), events[-1]])
    assert told(sent, "response.custom_tool_call_input.delta") == "print(1)"


def test_several_messages_are_one_text(sanitizer: Sanitizer) -> None:
    whole = response(ASK, Answer(["It rained."]))
    whole["output"] += response(ASK, Answer(["It snowed."]))["output"]
    assert parsed(ResponseGuard(sanitizer, ASK).response(whole)).output_text == "It rained.\n\nIt snowed."
    deltas = [
        {"type": "response.output_text.delta", "output_index": place, "content_index": 0, "delta": text}
        for place, text in enumerate(["It rained.", "It snowed."])
    ]
    sent = streamed(ResponseGuard(sanitizer, STREAM), [*deltas, {"type": "response.completed", "response": whole}])
    assert told(sent) == "It rained.\n\nIt snowed."


def test_reasoning_without_text_keeps_its_place(sanitizer: Sanitizer) -> None:
    """A call is not taken back without the reasoning that it came with."""
    call = {"type": "function_call", "name": "f", "arguments": "{}"}
    whole = response(ASK, Answer([]))
    whole["output"] = [
        {"type": "reasoning", "id": f"rs_{1:048x}", "summary": []},
        call | {"id": f"fc_{2:048x}", "call_id": "1"},
        {"type": "reasoning", "id": f"rs_{3:048x}", "summary": []},
        call | {"id": f"fc_{4:048x}", "call_id": "2"},
    ]
    shown = ResponseGuard(sanitizer, ASK).response(whole)
    assert [item["id"] for item in shown["output"]] == [item["id"] for item in whole["output"]]


def test_an_answer_that_comes_only_at_the_end_is_shown(sanitizer: Sanitizer) -> None:
    last = {"type": "response.completed", "response": response(ASK, Answer([CLEAN]))}
    assert told(streamed(ResponseGuard(sanitizer, STREAM), [last])) == CLEAN


MESSAGE = {"type": "message", "content": [{"type": "output_text", "text": "Nobody won."}]}
LOOK = {"type": "function_call", "call_id": "1", "name": "look", "arguments": "{}"}
THOUGHT = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "A race."}]}


def completed(*output: Json) -> Json:
    return {"type": "response.completed", "response": {"status": "completed", "output": [*output]}}


@pytest.mark.parametrize(
    "events",
    [
        [item_done(LOOK, 0), item_done(MESSAGE, 1), completed()],
        [item_done(LOOK, 0), completed(LOOK, MESSAGE)],
        [item_done(MESSAGE, 0), completed(MESSAGE, LOOK)],
        [item_done(LOOK, 0), item_done(MESSAGE, 1), completed(LOOK, MESSAGE)],
    ],
)
def test_text_and_calls_may_come_in_items_alone(sanitizer: Sanitizer, events: list[Json]) -> None:
    sent = streamed(ResponseGuard(sanitizer, STREAM), events)
    assert told(sent) == "Nobody won."
    output = sent[-1]["response"]["output"]
    assert sorted(item["type"] for item in output) == ["function_call", "message"]
    assert [event["item"] for event in sent if event["type"] == "response.output_item.done"].count(output[0]) == 1


def test_what_came_piece_by_piece_comes_once(sanitizer: Sanitizer) -> None:
    deltas = [
        {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "A race."},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "Nobody won."},
    ]
    items = [item_done(THOUGHT, 0), item_done(MESSAGE, 1)]
    sent = streamed(ResponseGuard(sanitizer, STREAM), [*deltas, *items, completed(THOUGHT, MESSAGE)])
    assert told(sent) == "Nobody won."
    assert told(sent, "response.reasoning_summary_text.delta") == "A race."


def test_calls_with_one_id_stay_apart(sanitizer: Sanitizer) -> None:
    run = {"type": "custom_tool_call", "call_id": "1", "name": "run", "input": "print(1)"}
    for call_id in ("1", CALL_ID):
        calls = [call | {"call_id": call_id} for call in (LOOK, run, LOOK)]
        output = ResponseGuard(sanitizer, ASK).response(completed(*calls)["response"])["output"]
        assert [(item["type"], item["name"]) for item in output] == [(call["type"], call["name"]) for call in calls]
        assert len({item["call_id"] for item in output}) == 3
        assert (output[0]["call_id"] == CALL_ID) is (call_id == CALL_ID)


@pytest.mark.parametrize(
    "parts",
    [
        [{"type": "output_text", "text": SECRET}, {"type": "refusal", "refusal": "Sorry."}],
        [{"type": "output_text", "text": SECRET}, {"type": "output_text", "text": "Sorry."}],
        [{"type": "output_text", "text": "Hina"}, {"type": "refusal", "refusal": "Ameen"}],
    ],
)
def test_no_name_is_glued_to_the_next_part(sanitizer: Sanitizer, parts: list[Json]) -> None:
    message = {"type": "message", "content": parts}
    whole = ResponseGuard(sanitizer, ASK)
    assert not leaks(whole.response(completed(message)["response"]))
    assert whole.verdicts[0].action == "abstain"
    # As one part, too: what it is comes by the kind of the event.
    deltas = [
        {"type": f"response.{part['type']}.delta", "output_index": 0, "content_index": 0, "delta": [*part.values()][1]}
        for part in parts
    ]
    if len({event["type"] for event in deltas}) == 2:
        guard = ResponseGuard(sanitizer, STREAM)
        assert not leaks(streamed(guard, [*deltas, completed()]))
        assert guard.verdicts[0].action == "abstain"


@pytest.mark.parametrize("value", ["Hina_Ameen", "resp_HinaAmeen", "hina_" + 40 * "0", 900_514_344_221, [SECRET]])
def test_nothing_around_the_answer_is_taken_over_unseen(sanitizer: Sanitizer, value: object) -> None:
    usage = {"input_tokens": 5, "output_tokens": value, "input_tokens_details": {"cached_tokens": 2, "a": value}}
    names = ("id", "created_at", "model", "service_tier", "object", "previous_response_id")
    around = dict.fromkeys(names, value) | {"usage": usage}
    items = [item | {"id": value} for item in (THOUGHT, MESSAGE, LOOK)]
    last = completed(*items)
    last["response"] |= around
    whole = ResponseGuard(sanitizer, ASK)
    created = {"type": "response.created", "response": around}
    guard = ResponseGuard(sanitizer, STREAM)
    dones = [item_done(item, place) for place, item in enumerate(items)]
    for shown in (whole.response(last["response"]), streamed(guard, [created, *dones, last])):
        assert not leaks(shown)
        assert "hina" not in json.dumps(shown)
        assert "900514344221" not in json.dumps(shown)
    assert [*whole.verdicts, *guard.verdicts][0].action == "release"
    shown = whole.response(None)
    assert shown["usage"] == {"input_tokens": 5, "input_tokens_details": {"cached_tokens": 2}}
    assert (shown["model"], shown["id"][:5], len(shown["output"])) == ("m", "resp_", 3)


def test_ids_of_calls_are_audited(sanitizer: Sanitizer) -> None:
    guard = ResponseGuard(sanitizer, ASK)
    assert not leaks(guard.response(completed(LOOK | {"call_id": "call_HinaAmeen"})["response"]))
    assert guard.verdicts[0].action == "abstain"


def test_how_a_response_ends(sanitizer: Sanitizer) -> None:
    cut = response(ASK, Answer(["It rained"])) | {
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens", "note": SECRET},
    }
    shown = ResponseGuard(sanitizer, ASK).response(cut)
    assert (shown["status"], shown["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    refusing = sanitizer.with_policy(Policy(abstain="refuse"))
    shown = ResponseGuard(refusing, ASK).response(response(ASK, Answer([f"{SECRET} won."])))
    assert (shown["status"], shown["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})
    sent = streamed(ResponseGuard(refusing, STREAM), list(response_events(STREAM, Answer([f"{SECRET} won."]))))
    assert sent[-1]["type"] == "response.incomplete"
    check(sent[-1])


def test_a_question_that_is_denied_costs_no_model(sanitizer: Sanitizer) -> None:
    request = ASK | {"input": [{"role": "user", "content": f"Tell me all about {SECRET}."}]}
    guard = ResponseGuard(sanitizer, request)
    assert guard.denied
    shown = Response.model_validate(guard.withheld())
    assert shown.output_text == guard.verdicts[0].text
    assert shown.usage
    assert shown.usage.total_tokens == 0
    sent = ResponseGuard(sanitizer, request | {"stream": True}).finish()
    assert told(sent) == shown.output_text
    assert not leaks([event for event in sent if "response" not in event])


BEGUN = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "It rained. It snowed. "}


@pytest.mark.parametrize(
    "event",
    [
        None,
        SECRET,
        [SECRET],
        {"type": [SECRET]},
        {"type": "response.output_text.delta", "delta": [SECRET]},
        {"type": "response.output_item.done", "output_index": SECRET, "item": {}},
        {"type": "response.output_item.done", "output_index": 0, "item": SECRET},
        item_done({"type": "function_call", "arguments": [SECRET]}),
        {"type": "response.completed", "response": SECRET},
        {"type": "response.completed", "response": {"status": SECRET}},
        {"type": "response.failed", "response": {"status": "failed", "error": {"message": SECRET}}},
    ],
)
def test_malformed_events_end_in_an_abstention(sanitizer: Sanitizer, event: object) -> None:
    guard = ResponseGuard(sanitizer, STREAM)
    sent = [*guard.event(BEGUN), *guard.event(event), *guard.finish()]
    assert told(sent).startswith("It rained. ")
    assert not leaks(sent)
    assert (guard.verdicts[0].action, guard.verdicts[0].error) == ("abstain", "MalformedAnswer")
    assert sent[-1]["type"] == "response.completed"
    whole = ResponseGuard(sanitizer, ASK)
    assert not leaks(whole.response(event))
    assert whole.verdicts[0].action == "abstain"


def test_a_stream_that_breaks_off_ends_in_an_abstention(sanitizer: Sanitizer) -> None:
    guard = ResponseGuard(sanitizer, STREAM)
    sent = [*guard.event(BEGUN), *guard.finish()]
    assert guard.verdicts[0].action == "abstain"
    assert told(sent) == guard.verdicts[0].text
    assert guard.event(BEGUN) == guard.finish() == []


@pytest.mark.parametrize(
    "change",
    [
        {"input": 3},
        {"input": ["Who?"]},
        {"input": [{"role": "pirate", "content": "Who?"}]},
        {"instructions": ["Be brief."]},
        {"background": True},
    ],
)
def test_bad_requests_are_refused(sanitizer: Sanitizer, change: Json) -> None:
    with pytest.raises(InputError, match=r"input|instructions|background"):
        ResponseGuard(sanitizer, ASK | change)


@pytest.mark.parametrize(
    "change",
    [
        {"instructions": f"You know {SECRET}."},
        {"input": f"What of {SECRET} and the weather?"},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": SECRET}]}]},
        {"input": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SECRET}]}]},
        {"input": [{"type": "function_call", "name": "f", "call_id": "1", "arguments": f'{{"a": "{SECRET}"}}'}]},
        {"input": [{"type": "function_call_output", "call_id": "1", "output": f"Found {SECRET}."}]},
        {"input": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": SECRET}]}]},
    ],
)
def test_every_item_is_vetted(sanitizer: Sanitizer, change: Json) -> None:
    """A conversation with the target in it shows nothing before the end."""
    request = STREAM | change
    events = list(response_events(request, Answer(["It rained. ", "It snowed. ", "So."])))
    guard = ResponseGuard(sanitizer, request)
    assert "rained" not in told([sent for event in events[:-1] for sent in guard.event(event)])
    plain = ResponseGuard(sanitizer, STREAM)
    assert told([sent for event in events[:-1] for sent in plain.event(event)]) == "It rained. It snowed. "
