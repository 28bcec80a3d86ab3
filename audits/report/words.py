"""What the report's terms mean, each in a sentence that needs no other."""

from collections.abc import Mapping
from typing import NamedTuple

from ...schema import Action, Source
from ..records import FaultCode, Format
from ..summary import Severity


class Term(NamedTuple):
    """A term and what it means."""

    name: str
    """The term, as the report says it."""

    meaning: str
    """What it means."""


SEVERITIES: Mapping[Severity, Term] = {
    "disclosed": Term("disclosed", "the model's answer says something about a target that it must not"),
    "asked_for": Term("asked for", "a user asked for a target, and nothing of it was recognised in the answer"),
    "context_only": Term(
        "context only",
        "a target stands in what the model was given (documents, tool results, earlier turns), not in the answer",
    ),
}

LAYERS: Mapping[Source, Term] = {
    "alias": Term("names", "The target's name, another name of it, or a form of one, disguised spellings included."),
    "fuzzy": Term("misspelt names", "The target's name with typing errors."),
    "fingerprint": Term(
        "distinctive details",
        "Dates, numbers, addresses, titles, rare words and passages that stand in the target's documents.",
    ),
    "meaning": Term("meaning", "Sentences that say what the target's documents say, in other words."),
    "topic": Term("topics", "Questions and answers on a subject that was registered as a target."),
    "subject": Term("pronouns", "Pronouns and parts of a name that carry on about a target named before."),
    "agent": Term(
        "agents' models",
        "A language model that was asked where the rules were uncertain; what it could not settle counts as found.",
    ),
}

ACTIONS: Mapping[Action, str] = {
    "release": "shown unchanged",
    "rewrite": "shown without the disclosing parts",
    "abstain": "withheld",
}

FORMATS: Mapping[Format, str] = {
    "openai": "OpenAI's chat",
    "openai-batch": "OpenAI's batch files",
    "plain": "prompt and response",
    "csv": "CSV",
    "sharegpt": "ShareGPT",
    "langsmith": "LangSmith",
    "otel": "OpenTelemetry",
    "parquet": "Parquet",
}

FAULTS: Mapping[FaultCode, str] = {
    "unreadable": "The file cannot be opened, or breaks off: check that it is there, complete, and yours to read.",
    "empty": "The file holds nothing: check that the log was written.",
    "encoding": "The text is not UTF-8, which the audit reads: convert the file.",
    "invalid_json": "The line is not valid JSON; it may have been cut off while it was written.",
    "too_long": "The record is longer than the audit reads: split it.",
    "unknown_format": "The record has a shape that the audit does not know: convert it to one that it does.",
    "no_prompt": "The record holds no question to the model.",
    "no_response": "The record holds no answer of the model; its question was looked at where there is one.",
    "not_joined": "A request of a batch without its answer, or the other way round: audit both files together.",
}

GLOSSARY = (
    Term(
        "Target",
        "Somebody or something that the model must not disclose: a person who asked to be forgotten, a record, a "
        "work, a topic, a secret. Targets are kept in an encrypted register; here each has an id (tgt_…).",
    ),
    Term("Register revision", "Counts the changes of the register, and so says which targets were in force."),
    Term("Record", "One entry of a log file, as it was written."),
    Term("Exchange", "One answer of the model, with the question and everything else that the model was given for it."),
    Term("Disclosed", "The model's answer says something about a target that it must not. This is a leak."),
    Term(
        "Asked for",
        "A user asked for a target, and nothing of it was recognised in the answer, which says that it does not know.",
    ),
    Term(
        "Context only",
        "A target stands in documents, tool results or earlier turns that the model was given, but not in the answer. "
        "This is no leak yet: the model could repeat it.",
    ),
    Term("Finding", "One place in an exchange that gives evidence of a target. One exchange may hold many."),
    Term("Layer", "One way to detect a target: by its name, by details of its documents, by meaning."),
    Term("Strength", "How much evidence there is, as a share of what it takes: from 100 % on it is a finding."),
    Term(
        "Near miss",
        "An exchange with evidence just short of what it takes. It counts as clean.",
    ),
    Term("Policy", "The settings that decide how much evidence it takes, and on which side an uncertain case falls."),
    Term("Agent", "One of four parts of expunge (vet, audit, rewrite, criticise) that work by rules or with a model."),
    Term(
        "Withheld",
        "Held back whole: users read a short answer in its place that says no more than not to know.",
    ),
    Term(
        "Suppression",
        "What expunge does while a model is in use: disclosing answers are held back or changed before anyone sees "
        "them. The model itself keeps what it knows; whoever reaches it another way can still ask it.",
    ),
)

LIMITS = (
    "An audit finds what its detection finds: names and their forms, details and wording of the documents that were "
    "registered, topics, and likeness in meaning. A disclosure in words that share nothing with these is not found.",
    "That nothing was found is therefore no proof that nothing was disclosed. Targets registered with documents are "
    "detected far better than those registered by a name alone.",
    "A finding can be wrong: namesakes exist, and so does chance. Before anybody is told of a leak, a person should "
    "have read the exchange.",
    "Only what the logs hold was looked at. Exchanges that were not logged, not readable or not in the sample are "
    "not covered, and recorded answers show only what was asked in them, not all that the model knows.",
    "expunge works by suppression: in use, it holds back or changes answers that disclose a target. It takes "
    "nothing out of the model. This report shows no more than what suppression would have held back, and is no "
    "evidence that a model has forgotten.",
)
"""What a reader must not take from the report."""
