"""`POST /v1/checks`: one exchange against the register, without a model."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ..errors import InputError
from ..graphs.sanitize import Prompt
from ..schema import Action, Finding, Verdict
from ..wrappers.openai.turns import read_messages
from .access import Calling
from .observation import Surface
from .service import Service
from .tenants import Tenant

router = APIRouter(tags=["checks"])

LONGEST_TEXT = 500_000
"""Characters of a prompt or a response: about 128,000 tokens."""

MOST_MESSAGES = 2_000
"""Messages of a conversation."""

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Message = dict[str, JsonValue]


class CheckRequest(BaseModel):
    """What is to be checked: a prompt, a response, or a response to a prompt."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    prompt: Text | Annotated[list[Message], Field(min_length=1, max_length=MOST_MESSAGES)] | None = None
    """What the user said, or the messages of the conversation in OpenAI's form; `null`: nothing is known of it."""

    response: Text | None = None
    """The answer to be judged; `null`: the prompt alone is."""


class Check(BaseModel):
    """What was decided."""

    object: Literal["check"] = "check"

    action: Action
    """What is to be done with the response, or, without one, whether the model may be asked ("release") or not."""

    text: str
    """What may be shown; empty when there was no response and nothing was withheld."""

    targets: list[str] | None
    """Ids of the targets concerned; `null` for a key that is no administrator's."""

    findings: list[Finding] | None
    """The evidence; `null` for a key that is no administrator's."""

    elapsed_ms: float
    """How long it took, in milliseconds."""

    versions: dict[str, str]
    """What decided: the version of expunge and the revision of the register."""

    level: Literal["suppression"] = "suppression"
    """What this is: a model that is asked past the server still knows."""

    error: str
    """The type of the error that led to an abstention; empty when there was none."""


@router.post("/v1/checks")
async def create_check(check: CheckRequest, calling: Calling, request: Request) -> Check:
    """Check a prompt, a response, or both.

    Meant for your own backend, with a key that stays there. Any key of the tenant may do it, and `action` alone tells a
    name that is registered from one that nobody knows, which the answers of a chat do not: whoever must not learn that
    is given neither this address nor what it says. Ids of targets and evidence are for administrators.
    """
    if check.prompt is None and check.response is None:
        raise InputError("There is nothing to check.", fix="Give a prompt, a response, or both.")
    service: Service = request.app.state.service

    def work() -> Verdict:
        prompt = read_messages(check.prompt) if isinstance(check.prompt, list) else check.prompt or ""
        return decide(calling.tenant, prompt, check.response, where="check")

    with service.observation.exchange("check", "") as observed:
        verdict = await service.compute(work)
        observed.decided([verdict])
    return Check(
        action=verdict.action,
        text=verdict.text,
        targets=verdict.targets if calling.admin else None,
        findings=verdict.findings if calling.admin else None,
        elapsed_ms=verdict.elapsed_ms,
        versions=verdict.versions,
        error=verdict.error,
    )


def decide(tenant: Tenant, prompt: Prompt, response: str | None = None, *, where: Surface) -> Verdict:
    """Check an exchange, and keep it for a person when one should see it.

    Args:
        tenant: Whose register counts.
        prompt: The user's text or the conversation's messages.
        response: The answer to be judged; `None`: the prompt alone is.
        where: What was asked.

    Raises:
        InputError: When the prompt is no conversation.
    """
    verdict = tenant.sanitizer.check(prompt, response)
    tenant.reviews.consider(verdict, where=where)
    return verdict
