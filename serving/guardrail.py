"""`POST /beta/litellm_basic_guardrail_api`: LiteLLM's generic guardrail, for a proxy that is there already.

```yaml
guardrails:
  - guardrail_name: expunge
    litellm_params:
      guardrail: generic_guardrail_api
      mode: [pre_call, post_call]
      api_base: http://127.0.0.1:8000
      api_key: os.environ/EXPUNGE_ACCESS_KEY  # sent as `x-api-key`
      default_on: true
```

A prompt that can only be answered by disclosing is blocked before the model is asked. LiteLLM tells its caller so,
which shows that there is a rule; with `mode: post_call` alone the answer is an abstention like any other answer.

**Streams**: LiteLLM sends chunks on before it asks, and drops what a guardrail rewrote. Where callers may stream, add
`streaming_buffer_until_moderated: true`, and `headers: {x-expunge-on-disclosure: block}`, so that what cannot be
rewritten is blocked. Or let this server stand before LiteLLM (`expunge serve --upstream`), which audits streams itself.

The contract is that of https://docs.litellm.ai/docs/adding_provider/generic_guardrail_api.
"""

import logging
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Header, Request
from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import BaseModel, ConfigDict, Field

from ..errors import InputError
from ..prompts import load
from ..schema import Verdict
from ..wrappers.openai.turns import read_messages, texts_called
from .access import Calling
from .checks import MOST_MESSAGES, Message, Text, decide
from .service import Service
from .tenants import Tenant

router = APIRouter(tags=["guardrail"])
_log = logging.getLogger("expunge.serving")

OnDisclosure = Literal["replace", "block"]
"""What becomes of a response that discloses: what may be shown stands in its place, or all of it is blocked."""

MOST_TEXTS = 128
"""Texts of a response, each checked by itself: as many as OpenAI has choices."""

MANY = Field(max_length=MOST_MESSAGES)


class GuardrailRequest(BaseModel):
    """What LiteLLM asks; fields that decide nothing here are ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    input_type: Literal["request", "response"]
    """Whether the model is about to be asked, or has answered."""

    texts: Annotated[list[Text], MANY] | None = None
    """All texts of the request, or those of the response."""

    structured_messages: Annotated[list[Message], MANY] | None = None
    """The conversation, in OpenAI's form."""

    tool_calls: Annotated[list[Message], MANY] | None = None
    """Calls of tools, in OpenAI's form."""


class GuardrailResponse(BaseModel):
    """What LiteLLM is to do."""

    action: Literal["NONE", "BLOCKED", "GUARDRAIL_INTERVENED"]
    """Go on, stop, or go on with other texts."""

    blocked_reason: str | None = None
    """An abstention; it names no target and no rule."""

    texts: list[str] | None = None
    """What stands in place of the texts, as many as there were."""


PASSED = GuardrailResponse(action="NONE")


@router.post("/beta/litellm_basic_guardrail_api", response_model_exclude_none=True)
async def apply_guardrail(
    calling: Calling,
    request: Request,
    body: Annotated[object, Body()],
    x_expunge_on_disclosure: Annotated[OnDisclosure, Header()] = "replace",
) -> GuardrailResponse:
    """Say what LiteLLM is to do with a request or a response. Once it was read, whatever goes wrong blocks it."""
    service: Service = request.app.state.service
    with service.observation.exchange("guardrail", "") as observed:
        guard = _Guard(calling.tenant)
        try:
            asked = GuardrailRequest.model_validate(body)
            return await service.compute(partial(guard.answer, asked, x_expunge_on_disclosure))
        except Exception as error:  # noqa: BLE001 - fail closed, also where LiteLLM takes an error for a pass
            _log.warning("the guardrail blocked: %s", type(error).__name__)
            return _blocked()
        finally:
            observed.decided(guard.verdicts)


class _Guard:
    """Answers one request of LiteLLM, with a check for each text."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._conversation: list[BaseMessage] = []
        self.verdicts: list[Verdict] = []

    def answer(self, asked: GuardrailRequest, on_disclosure: OnDisclosure) -> GuardrailResponse:
        """Decide.

        Raises:
            InputError: When the messages are no conversation, or there are too many texts.
        """
        self._conversation = read_messages(asked.structured_messages) if asked.structured_messages else []
        texts, called = asked.texts or [], list(texts_called(asked.tool_calls))
        if asked.input_type == "request":
            return self._on_request([*([] if self._conversation else texts), *called])
        if len(texts) > MOST_TEXTS:
            raise InputError(f"A response of {len(texts)} texts.", fix=f"At most {MOST_TEXTS} are checked.")
        return self._on_response(texts, called, on_disclosure)

    def _on_request(self, texts: list[str]) -> GuardrailResponse:
        self._conversation += map(HumanMessage, texts)
        verdict = self._check()
        return PASSED if verdict.action == "release" else _blocked(verdict)

    def _on_response(self, texts: list[str], called: list[str], on_disclosure: OnDisclosure) -> GuardrailResponse:
        """Decide on each text by itself; then on what is shown of them together, for they are read together."""
        verdicts = [self._check(text) for text in texts]
        shown = [verdict.text for verdict in verdicts if verdict.action != "abstain"]
        # What is disclosed in these cannot be replaced.
        whole = [self._check("\n".join(parts)) for parts in (shown if len(shown) > 1 else [], called) if parts]
        altered = [verdict for verdict in verdicts if verdict.action != "release"]
        lost = [verdict for verdict in whole if verdict.action != "release"] + [each for each in altered if each.error]
        if lost or (altered and on_disclosure == "block"):
            return _blocked(*lost, *altered)
        if not altered:
            return PASSED
        return GuardrailResponse(action="GUARDRAIL_INTERVENED", texts=[verdict.text for verdict in verdicts])

    def _check(self, response: str | None = None) -> Verdict:
        verdict = decide(self._tenant, self._conversation, response, where="guardrail")
        self.verdicts.append(verdict)
        return verdict


def _blocked(*verdicts: Verdict) -> GuardrailResponse:
    """Block with the words of an abstention: those of a verdict, or such as any abstention might have."""
    said = (verdict.text for verdict in verdicts if verdict.action == "abstain")
    return GuardrailResponse(action="BLOCKED", blocked_reason=next(said, load("abstain-unknown").splitlines()[0]))
