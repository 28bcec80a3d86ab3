"""Classes of words as patterns, enough to see where a clause begins and ends; English, some German and Romance."""

MASK = "\ue000"
"""Stands for every character of what was found: a character of private use, which no text holds."""

FOUND = rf"{MASK}+"
TARGET = rf"(?:(?:Mr|Mrs|Ms|Dr|Prof|Sir|Dame|[Aa]uthor|[Nn]ovelist|[Pp]oet|[Ww]riter)\.?\s)?{FOUND}(?!['\u2019\w-])"
WORD = r"(?:[A-Z\u00c0-\u00de]\.|[A-Z\u00c0-\u00de][\w'\u2019-]*)"
NAME = rf"(?:[\"“]?{WORD}(?:\s(?:(?:of|the|de|van|von)\s)?{WORD})*[\"”]?|{TARGET})"
WITHIN = r"[^,;()]"
"""A character that ends no clause."""

LAST = r"(?=[.!?\"”\u2019)]*$)"
STOP = rf"(?:(?=[\"”\u2019)]*[.!?;:,)])|{LAST})"

AND = r"(?:and|or|und|oder|y|e|et|ou)"
BUT = r"(?:and|but|or|so|yet|while|whereas|und|aber|pero|y|et|mais)"
WHEN = r"(?:because|while|when|whenever|after|before|until|although|though|whereas|where|as soon as|so that|since)"
PREPOSITION = (
    r"(?:in|on|at|by|with|from|for|to|as|after|before|during|since|until|near|under|about|into|over|through|next|among"
    r"|along|against|around|between|behind|beside|without)"
)
FRONT = (
    r"(?:According to|Thanks to|Together with|Along with|Inspired by|In addition to|Like|Unlike|With|Without|For|After"
    r"|Before|When|While|As|Since|Because|Although|Though|Despite|In|On|At|During|From|By|Besides|Following|Until|Once"
    r"|If|Unless|Whereas|Later|Then|Yesterday|Today)"
)
"""What opens an adverbial in front of its sentence."""

PAST = (
    r"(?:[a-z]{2,}ed|won|wrote|went|came|ran|took|made|said|met|saw|gave|got|sang|spoke|told|left|lost|led|held|kept"
    r"|found|built|bought|brought|taught|thought|began|became|drew|drove|fell|felt|grew|knew|paid|put|read|rose|sat|sent"
    r"|set|sold|spent|stood|swam|wore|fought|chose|broke|ate|drank|flew|rode|shot|slept|threw|understood|would|could"
    r"|should|might|must|will|can|may|shall|had|did)"
)
"""Forms of verbs that are alike for one and for many."""

RELATIVE = r"(?:who|whom|whose|which|where|when|while|whereas|because|although|though|after|before|que|quien|qui)"
AUXILIARY = r"(?:is|are|was|were|has|have|had|will|would)"
ASIDE = (
    r"(?:(?:including|such as|like|unlike|as well as|along with|together with|alongside|according to|especially"
    r"|notably|for example|e\.g\.|thanks to|with|by|from|in|on|at|for|(?:also|once|first|later|then)\s\w+(?:ed|en)"
    r"|written|drawn|made|born|built|sung|led|[a-z]+(?:ing|ed)|an?|the|his|her|their|its|one of|friends?"
    rf"|eine?[rsmn]?|der|die|das|unas?|un|uno|el|la|los|las|une|le)\b(?!{WITHIN}*\b{AUXILIARY}\b)"
    rf"(?!\s(?:\w+\s){{1,2}}{PAST}\s(?:the|an?|his|her|their|its)\b))"
)
"""What opens a comparison, a participle or an apposition between commas, where no statement follows."""

BELONGS = r"(?:an?|the|his|her|their|its|one|who|whom|whose|which|where|when|[\"“]?[A-Z]\w*)\b"
"""What follows a name and belongs to it: "who founded the Hansa, a league of towns"."""

FINITE = (
    rf"(?:\b(?:is|are|was|were|am|has|have|do|does|{PAST}|war|ist|hat|sind|wurden?|fue|es|era|son|est|sont|était)\b"
    rf"|\b(?:{WORD}|(?:[Tt]he|[Aa]n?|[Tt]his|[Tt]hat|[Mm]y|[Oo]ur)\s(?:[a-z]+\s)?[a-z]+|[Ii]t|[Ss]?[Hh]e)\s[a-z]+s\b)"
)
"""What is, or looks like, the verb of a statement."""

SUBJECT = rf"(?:{NAME}|the\s\w+|an?\s\w+|there|we|you|I|everyone)"
LEANS = (
    r"(?:me(?:t|et|ets|eting)|agree[ds]?|w[ae]nt|go(?:es)?|depend\w*|belong\w*|refer\w*|friends?|married|engaged|related"
    r"|similar|compared|known|born|named|called|was|were|is|are|been?|c[ao]mes?|lie[sd]?|live[sd]?|deals?|dealt|listen\w*"
    r"|look\w*|talk\w*|spoke|speak\w*|argu\w*|stay\w*|part|one|due|and|or|but|not|only|even|than|as|that|begins?|began"
    r"|fought|fights?|lost|inspired|influenced|followed|joined|next|interview\w*|sign\w*|learn\w*|buried|raised|located"
    r"|situated|based|together|along|associated|affiliated|competed?|collaborat\w*|attended|appear\w*|contemporary)"
)
"""Words that say little without what follows them: "met with", "was born in"."""

PRONOUN = r"(?:he|she|they|it|his|her|hers|him|their|them|its|this|these|those)"
COUNTED = (
    r"(?i:\b(?:two|three|four|five|six|seven|eight|nine|ten|[2-9]|both|neither|either|pair|couple|duo|trio|between"
    r"|together|jointly|each other|one another|themselves|twins|brothers|sisters|met|married|divorced|collaborated)\b)"
)
"""What counts the members of a list, or binds them to each other: it does not bear the loss of one."""
