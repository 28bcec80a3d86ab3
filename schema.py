"""The records that all rooms share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

TargetKind = Literal["person", "organisation", "work", "record", "topic", "secret"]
Scope = Literal["everything", "documents"]
State = Literal["active", "paused", "expired"]
Action = Literal["release", "rewrite", "abstain"]
Where = Literal["prompt", "draft", "context"]
Layer = Literal["alias", "fuzzy", "fingerprint", "meaning", "topic", "subject"]
Role = Literal["vetter", "auditor", "rewriter", "critic"]

Outcome = Literal["answered", "repaired", "malformed", "contradictory", "refused", "late", "failed", "skipped"]
"""What came of asking an agent's model: the first answer fitted, or the second; none fitted; the model got a control
wrong; it declined; it was out of time; an error; it would have taken too many tokens."""

StreamMode = Literal["sentence", "buffer"]
"""How a stream is released: sentence by sentence as far as it has been audited, or all at its end."""

BaselineKind = Literal["alu", "guardrail_prompt", "input_filter", "output_filter", "icul"]
"""The simpler ways to guard a model that there are to compare with."""

Source = Layer | Literal["agent"]
"""What a finding comes from: a layer of detection, or an agent's model."""

Ability = Layer | Literal["decoding"]
"""What detection can do without, one at a time, to see what it is worth: a layer, or the decoding of disguises."""

JobEngine = Literal["process", "ray"]
"""What runs a weight-level job: a process of its own on this machine, or a Ray cluster."""

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


class Baseline(BaseModel):
    """A simpler way to guard a model, to compare with: each lacks a part of what the four agents do."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: BaselineKind
    """Which one."""

    proposals: int = Field(default=5, ge=1)
    """Of `alu`: variations written of every answer (k)."""

    merged: int = Field(default=3, ge=1)
    """Of `alu`: how many of the best are merged (j)."""

    threshold: float = Field(default=4.0, ge=1, le=5)
    """Of `alu`: the mean rating from which on the merged text is released."""

    @model_validator(mode="after")
    def _merged_were_proposed(self) -> Self:
        if self.merged > self.proposals:
            raise ValueError("no more variations can be merged than are proposed")
        return self


class Policy(BaseModel):
    """Limits and sides of a decision."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = "default"
    """What reports call this policy."""

    max_rounds: int = Field(default=2, ge=1, le=10)
    """Rounds of rewriting and criticism before giving up."""

    max_calls: int = Field(default=2, ge=0)
    """Model calls of agents in one exchange, beyond the wrapped model's own; 0: agents work by rules alone."""

    max_tokens: int = Field(default=16_000, ge=0)
    """About how many tokens the agents' models may read and write in one exchange; what would not fit is not asked."""

    proposals: int = Field(default=3, ge=1, le=10)
    """Texts that the rewriter's model is asked for in one round."""

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

    baseline: Baseline | None = None
    """A simpler way to guard, to compare with; `None`: the four agents."""

    @classmethod
    def alu(cls, proposals: int = 5, merged: int = 3, threshold: float = 4.0) -> Self:
        """Return the baseline after ALU: four agents' calls in a row about every answer, and nothing that checks them.

        Variations of the answer are written without the targets and rated from 1 to 5; the best are merged into what is
        released. Every prompt holds the names of all targets. It needs `agent_model`; what it lacks, `graphs/alu.py`
        says. Sanyal and Mandal, 2025, "Agents Are All You Need for LLM Unlearning" (COLM).

        Args:
            proposals: Variations of every answer (k).
            merged: How many of the best are merged (j).
            threshold: Their mean rating from which on the merged text is released, from 1 to 5.
        """
        baseline = Baseline(kind="alu", proposals=proposals, merged=merged, threshold=threshold)
        # Its calls wait for one another: they take longer than two would.
        return cls(name="alu", baseline=baseline, abstain="refuse", deadline_s=120.0)

    @classmethod
    def guardrail_prompt(cls) -> Self:
        """Return the baseline that lists the targets' names in a system message and trusts the wrapped model."""
        return cls._of_baseline("guardrail_prompt")

    @classmethod
    def input_filter(cls) -> Self:
        """Return the baseline that reads the prompt alone: the vetter, by rules."""
        return cls._of_baseline("input_filter")

    @classmethod
    def output_filter(cls) -> Self:
        """Return the baseline that reads the answer alone, and withholds it whole: the auditor, by rules."""
        return cls._of_baseline("output_filter")

    @classmethod
    def icul(cls) -> Self:
        """Return the baseline of in-context unlearning: examples of not knowing before the conversation.

        Pawelczyk, Neel and Lakkaraju, 2024, "In-Context Unlearning: Language Models as Few Shot Unlearners" (ICML).
        """
        return cls._of_baseline("icul")

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the policy of a name: `default` or `ours`, or a baseline's, with `-` or `_` between its words.

        Raises:
            ValueError: There is none of this name.
        """
        kind = name.replace("-", "_")
        if kind in ("default", "ours"):
            return cls()
        if kind not in get_args(BaselineKind):
            raise ValueError(f"no policy is called {name!r}")
        policy: Self = getattr(cls, kind)()
        return policy

    @classmethod
    def _of_baseline(cls, kind: BaselineKind) -> Self:
        return cls(name=kind, baseline=Baseline(kind=kind))


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
    """First character of the span in the original text of the draft or of the message."""

    end: int = Field(ge=0)
    """One past the last character of the span."""

    where: Where
    """Whether the span lies in the prompt, in the draft, or in context (documents, tool results, earlier turns)."""

    turn: int | None = None
    """The index of the message that the span lies in; `None`: it lies in the draft."""

    layer: Source
    """What found it."""

    score: float
    """Strength of the evidence, in the layer's own unit."""

    threshold: float
    """From which score on the layer counts it."""

    certain: bool = False
    """Whether no agent's model may clear it."""

    evidence: str = ""
    """What matched, in words that disclose nothing: "full name", "date and title"."""


class AgentCall(BaseModel):
    """What one agent's model was asked for in one exchange. Holds no text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    agent: Role
    """Which agent asked."""

    outcome: Outcome
    """What came of it. All but `answered` and `repaired` clear nothing, and what was in doubt is withheld where the
    policy prefers forgetting."""

    calls: int = 0
    """Requests, a repair among them."""

    tokens: int = 0
    """Tokens read and written, as the model reports them, else estimated."""

    prompt_tokens: int = 0
    """Those of them that were read."""

    elapsed_ms: float = 0.0
    """Time until the answer was there, in milliseconds."""

    dropped: int = 0
    """Quotes that stand nowhere in the text that they were said to be from."""


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

    weights: dict[str, str] = Field(default_factory=dict)
    """Those of them that a weight-level job took out of the wrapped model, each with the id of that job."""

    calls: int = 0
    """Model calls made for this exchange: the wrapped model's and the agents'."""

    agents: list[AgentCall] = Field(default_factory=list)
    """What the agents' models were asked for; empty when they worked by rules."""

    elapsed_ms: float = 0.0
    """Time that the sanitiser added, without the wrapped model's own, in milliseconds."""

    policy: Policy = Field(default_factory=Policy)
    """The policy that was applied."""

    versions: dict[str, str] = Field(default_factory=dict)
    """What decided: the version of expunge and the revision of the register."""

    error: str = ""
    """The type of the error that led to an abstention; empty when there was none."""
