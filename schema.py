"""The records that all rooms share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

TargetKind = Literal["person", "organisation", "work", "record", "topic", "secret"]
Scope = Literal["everything", "documents"]
State = Literal["active", "paused", "expired"]
Action = Literal["release", "rewrite", "abstain"]
Where = Literal["prompt", "draft", "context"]
Layer = Literal["alias", "fuzzy", "fingerprint", "meaning", "topic", "subject"]

StreamMode = Literal["sentence", "buffer"]
"""How a stream is released: sentence by sentence as far as it has been audited, or all at its end."""

Ability = Layer | Literal["decoding"]
"""What detection can do without, one at a time, to see what it is worth: a layer, or the decoding of disguises."""

Vectors = NDArray[np.float32]
"""Embeddings, one a row: shape `(texts, dimensions)`, each of unit length."""


class Embedder(Protocol):
    """A sentence embedding model; `name` tells its vectors from those of any other."""

    @property
    def name(self) -> str:
        """The model's name, as the register remembers it."""

    @property
    def dimensions(self) -> int:
        """The length of one vector."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), dimensions)`, rows of unit length."""


class Thresholds(BaseModel):
    """How much evidence it takes.

    Evidence adds up: a date or a title weighs 1.2, a long number 2.3, a rare word half a point. The
    defaults come from one half of the authors of TOFU and of the documents of LUME; figures in BENCHMARKS.md are of the
    other halves. `expunge calibrate` sets them for a register from its own cases.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    identifies: float = Field(default=1.6, gt=0)
    """Weight of marks from which on a prompt identifies a target without its name."""

    identifies_with_meaning: float = Field(default=1.9, gt=0)
    """The same for marks that fall short and the meaning of the prompt, taken together."""

    discloses: float = Field(default=2.3, gt=0)
    """Weight of new marks from which on a draft discloses a target that nobody asked for."""

    discloses_asked: float = Field(default=0.6, gt=0)
    """The same for a target that the conversation or the draft names."""

    discloses_jointly: float = Field(default=1.4, gt=0)
    """The same for what prompt and draft hold together, their meaning included."""

    part_asked: float = Field(default=0.3, gt=0)
    """Distinctiveness from which on a given or family name in the prompt may stand for the whole name."""

    part_alone: float = Field(default=0.5, gt=0)
    """The same in a draft that nobody asked for."""

    part_sure: float = Field(default=0.8, gt=0)
    """Distinctiveness from which on a part is as good as the whole, in a register of any size."""

    def scaled(self, factor: float) -> Self:
        """Return thresholds that ask for `factor` times as much evidence."""
        return self.model_copy(update={name: value * factor for name, value in self.model_dump().items()})


class Policy(BaseModel):
    """Limits and sides of a decision."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = "default"
    """What reports call this policy."""

    max_rounds: int = Field(default=2, ge=1, le=10)
    """Rounds of rewriting and criticism before giving up."""

    max_calls: int = Field(default=2, ge=0)
    """Model calls of agents in one exchange, beyond the wrapped model's own."""

    deadline_s: float = Field(default=30.0, gt=0)
    """Seconds from the draft to the gate; past it the answer is an abstention."""

    candidates: int = Field(default=8, ge=1)
    """Targets that one exchange is examined for beyond those that it names: the nearest in meaning."""

    prefer: Literal["forget", "keep"] = "forget"
    """The side that an uncertain finding falls on."""

    abstain: Literal["unknown", "refuse"] = "unknown"
    """How an abstention sounds: as about something never learned, or as a plain refusal."""

    thresholds: Thresholds = Field(default_factory=Thresholds)
    """How much evidence it takes; where none are given, a sanitizer takes those of its register."""

    on_error: Literal["abstain"] = "abstain"
    """What any error leads to. There is no other choice: the gate fails closed."""


class Target(BaseModel):
    """What is to be unlearned. A name alone is enough; documents make it strong."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=500)
    """The name by which the target is known."""

    kind: TargetKind = "person"
    """What it is."""

    aliases: list[str] = Field(default_factory=list)
    """Other names, spellings, handles."""

    documents: list[str] = Field(default_factory=list)
    """Texts of what must go; for a topic, example questions."""

    keep: list[str] = Field(default_factory=list)
    """Texts of what stays: neighbours, other facts of the same subject."""

    scope: Scope = "everything"
    """Everything about the subject, or only what the documents say."""

    policy: Policy | None = None
    """Sides for this target alone (`prefer`, `abstain`); `None`: those of the sanitizer."""

    basis: str = ""
    """Why it must go, for example "GDPR Art. 17"."""

    requester: str = ""
    """Who asked for it."""

    expires_at: datetime | None = None
    """When the obligation ends; `None`: never. Without a time zone it is read as UTC."""

    id: str = ""
    """Opaque id (`tgt_…`), given by the register."""

    version: int = 0
    """Counts the changes of this target, from 1; given by the register."""

    state: State = "active"
    """Whether it is enforced now; given by the register."""

    created_at: datetime | None = None
    """When it was registered; given by the register."""

    @field_validator("name")
    @classmethod
    def _name_has_text(cls, name: str) -> str:
        if not any(character.isalnum() for character in name):
            raise ValueError("a target needs a name with at least one letter or digit")
        return name.strip()

    @field_validator("aliases", "documents", "keep")
    @classmethod
    def _drop_blank(cls, texts: list[str]) -> list[str]:
        return [text.strip() for text in texts if text.strip()]

    @model_validator(mode="after")
    def _scope_has_documents(self) -> Self:
        if self.scope == "documents" and not self.documents:
            raise ValueError("scope 'documents' covers what the documents say, and there are none")
        return self

    @field_validator("expires_at", "created_at")
    @classmethod
    def _in_utc(cls, at: datetime | None) -> datetime | None:
        return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


class Finding(BaseModel):
    """Evidence that a span of text discloses a target. Holds no text of the target or the draft."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    target: str
    """The target's id."""

    start: int = Field(ge=0)
    """First character of the span in the original text."""

    end: int = Field(ge=0)
    """One past the last character of the span."""

    where: Where
    """Whether the span lies in the prompt, in the draft, or in context (documents, tool results, earlier turns)."""

    layer: Layer
    """The layer of detection that found it."""

    score: float
    """Strength of the evidence, in the layer's own unit."""

    threshold: float
    """From which score on the layer counts it."""

    certain: bool = False
    """Whether no agent's model may clear it."""

    evidence: str = ""
    """What matched, in words that disclose nothing: "full name", "date and title"."""


class Verdict(BaseModel):
    """What was decided for one exchange."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    action: Action
    """`release` as it was, `rewrite` with the disclosing parts left out, or `abstain`."""

    text: str
    """What may be shown."""

    findings: list[Finding] = Field(default_factory=list)
    """The evidence."""

    targets: list[str] = Field(default_factory=list)
    """Ids of the targets concerned."""

    calls: int = 0
    """Model calls made for this exchange: the wrapped model's and the agents'."""

    elapsed_ms: float = 0.0
    """Time that the sanitiser added, without the wrapped model's own, in milliseconds."""

    policy: Policy = Field(default_factory=Policy)
    """The policy that was applied."""

    versions: dict[str, str] = Field(default_factory=dict)
    """What decided: the version of expunge and the revision of the register."""

    error: str = ""
    """The type of the error that led to an abstention; empty when there was none."""
