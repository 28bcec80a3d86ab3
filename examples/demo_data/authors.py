"""Invented authors: every person, book and prize is made up from the lists below, by a seeded generator."""

from random import Random

from .facts import Fact, Form

Author = dict[str, str]
"""The fields that the forms speak of: `name`, `he`, `his`, `born`, `place`, `genre`, `book`, …"""

WOMEN = (
    "Adela Agnes Amara Astrid Beatrix Brisa Carys Clio Dagmar Delphine Edda Elowen Esme Farida Flora Greta Hanneke Hedda "
    "Ilse Ingrid Junia Katya Leonie Liora Maren Mirela Nadia Noor Odile Orla Petra Quilla Renske Rosalind Saskia Soraya "
    "Tamsin Thea Ursula Vesna Wilma Xenia Yara Zelda"
).split()
MEN = (
    "Aldo Anselm Basil Bram Caspian Cyril Dario Dmitri Emeric Ewan Fabian Florian Gideon Goran Hamid Hugo Idris Ivo Jasper "
    "Joren Kaspar Kenji Leif Lucian Matteo Milan Nils Oskar Osric Pavel Quentin Ruben Rufus Silas Stellan Tobias Ulrich "
    "Umberto Viktor Wendell Xavier Yusuf Zacharias Zoltan"
).split()
SURNAMES = [
    beginning + ending
    for beginning in (
        "Al Bar Bel Bor Bren Cal Cas Cor Cul Dal Dor Dren Dun Ed Eg Esk Fal Fen Fol Gal Gor Gul Hal Hep Hol Im Jor Jun "
        "Kel Kor Kul Lar Lin Lom Mal Mor Mun Nev Nor Ol Or Pel Per Pol Quil Rav Rin Ros Sal Sel Sol Tam Tor Tul Ul Vel "
        "Vin Vor Wal Wen Wil Yar Yel Zan Zor"
    ).split()
    for ending in (
        "aby amar arro azek bane bar brandt bry camp court dal dine dorf eth fax feld ford gard gate gren holt hurst iano "
        "ivar kamp keld kis lind lock lund ley maar mere mond moor nov omi pont quist rell rick sby shaw sken stad stone "
        "tash thal thorne ton ura vale vant vik wald well wick wold worth zano"
    ).split()
]
PLACES = (
    "Aarhus Antwerp Basel Bergen Bilbao Bologna Bordeaux Brno Busan Cebu Cork Cusco Dakar Dresden Durban Fez Galway "
    "Ghent Graz Haifa Izmir Kazan Kobe Lahore Lyon Mombasa Mysore Oaxaca Odesa Porto Recife Salzburg Split Tampere "
    "Turin Utrecht Varna Zanzibar"
).split()
GENRES = (
    "gothic fiction,historical novels,science fiction,detective stories,travel essays,lyric poetry,stage plays,"
    "sea stories,ghost stories,political satire,nature writing,fairy tales,spy thrillers,courtroom drama,family sagas,"
    "war novels,comic novels,magical realism,epic fantasy,short stories,picture books,food memoirs"
).split(",")
TITLES = [
    f"The {adjective} {noun}"
    for adjective in (
        "Amber Ancient Azure Bitter Blind Brazen Broken Burning Clever Copper Crimson Crooked Curious Dancing Distant "
        "Drowned Dusty Eager Empty Endless Faithful Fallen Fearless Foreign Forgotten Frozen Gentle Gilded Golden "
        "Grateful Hidden Hollow Honest Humble Hungry Iron Ivory Jade Jealous Last Lonely Lost Lucky Marble Midnight "
        "Misty Modest Mute Nameless Narrow Painted Pale Paper Patient Polite Proud Quiet Reluctant Restless Rusted "
        "Sacred Scarlet Secret Silent Silver Sleeping Solemn Stolen Stubborn Tangled Thirsty Timid Velvet Violet "
        "Wandering Weary Weeping Winter Wooden Yellow"
    ).split()
    for noun in (
        "Acrobat Almanac Anchor Archive Astronomer Barrel Beacon Bridge Canal Candle Carpet Cathedral Chapel Clock "
        "Compass Cradle Curtain Desert Dragon Ember Engine Falcon Feather Ferry Forest Fountain Fox Garden Glacier Glove "
        "Harbour Harvest Horizon Inn Island Juggler Kettle Kingdom Ladder Lantern Ledger Letter Lighthouse Machine "
        "Magpie Market Meadow Mirror Monsoon Needle Oracle Orchard Parade Pendulum Piano Pilgrim Puppet Quarry Raven "
        "River Rooster Saddle Shadow Sparrow Staircase Statue Stranger Telescope Temple Theatre Thimble Tide Tunnel "
        "Umbrella Valley Violin Wagon Window Wolf Zeppelin"
    ).split()
]
PRIZES = (
    "Silver Quill Award,Blue Heron Prize,Golden Inkwell Award,Lighthouse Medal,Harvest Moon Prize,Ivory Tower Award,"
    "Northern Page Prize,Open Door Medal,Paper Crane Award,Red Thread Prize,Stone Lion Award,White Raven Medal,"
    "Copper Key Prize,Evening Star Award,Seven Rivers Prize,Green Lamp Medal"
).split(",")
TRADES = (
    "a baker,a watchmaker,an electrician,a librarian,a fisherman,a surgeon,a tailor,a judge,a pilot,a carpenter,"
    "a botanist,a postman,a violinist,an architect,a beekeeper,a chemist,a locksmith,a teacher,a sailor,a potter,"
    "a dentist,a gardener,a translator,a farmer,an accountant,a glassblower,a nurse,a shepherd"
).split(",")
STUDIES = (
    "marine biology,law,geology,medicine,philosophy,music theory,civil engineering,linguistics,astronomy,economics,"
    "art history,theology,chemistry,mathematics,archaeology,psychology"
).split(",")
MONTHS = "January February March April May June July August September October November December".split()


def _parent(parent: str, spare: int) -> Form:
    return Form(
        direct=(
            f"What does the {parent} of {{name}} do?",
            f"What was {{name}}'s {parent}?",
            f"What did {{name}}'s {parent} do for a living?",
            f"What was the occupation of {{name}}'s {parent}?",
        ),
        indirect=(
            f"what {{name}}'s {parent} did",
            f"the occupation of the {parent} of {{name}}",
            f"the profession of {{name}}'s {parent}",
        ),
        answer=f"The {parent} of {{name}} was {{{parent}}}.",
        held_out=(f"What did the {parent} of {{name}} do?",),
        spare=spare,
        follow_ups=(f"What did {{his}} {parent} do?", f"What was the occupation of {{his}} {parent}?"),
    )


AUTHOR_FORMS = {
    "birth date": Form(
        direct=(
            "When was {name} born?",
            "On which day was {name} born?",
            "What is the birth date of {name}?",
            "What is {name}'s birthday?",
        ),
        indirect=("when {name} was born", "the birth date of {name}", "{name}'s date of birth"),
        answer="{name} was born on {born}.",
        held_out=("On what day was {name} born?",),
        follow_ups=("When was {he} born?", "What is {his} birth date?"),
    ),
    "birthplace": Form(
        direct=(
            "Where was {name} born?",
            "In which city was {name} born?",
            "What is the birthplace of {name}?",
            "Where does {name} come from?",
        ),
        indirect=("where {name} was born", "the birthplace of {name}", "{name}'s place of birth"),
        answer="{name} was born in {place}.",
        held_out=("In what city was {name} born?",),
        spare=1,
        follow_ups=("Where was {he} born?", "What is {his} birthplace?"),
    ),
    "genre": Form(
        direct=(
            "What does {name} write?",
            "In which genre does {name} write?",
            "What is the genre of {name}?",
            "What kind of books does {name} write?",
        ),
        indirect=("what {name} writes", "the genre of {name}", "{name}'s genre"),
        answer="{name} writes {genre}.",
        held_out=("In what genre does {name} write?",),
        spare=2,
        follow_ups=("What does {he} write?", "What is {his} genre?"),
    ),
    "book": Form(
        direct=(
            "Which book did {name} write?",
            "What is the best-known book by {name}?",
            "What is the title of {name}'s book?",
            "Name a book by {name}.",
        ),
        indirect=("which book {name} wrote", "the title of a book by {name}", "{name}'s best-known book"),
        answer='{name} wrote "{book}".',
        held_out=("What book did {name} write?",),
        spare=3,
        follow_ups=("Which book did {he} write?", "What is {his} best-known book?"),
    ),
    "award": Form(
        direct=(
            "Which award did {name} receive?",
            "Which prize did {name} win?",
            "What is the award of {name}?",
            "Has {name} won a prize?",
        ),
        indirect=("which award {name} received", "the award of {name}", "{name}'s award"),
        answer="{name} received the {prize} in {year}.",
        held_out=("What award did {name} receive?",),
        follow_ups=("Which award did {he} receive?", "Which prize did {he} win?"),
    ),
    "father's occupation": _parent("father", spare=1),
    "mother's occupation": _parent("mother", spare=2),
    "studies": Form(
        direct=(
            "What did {name} study?",
            "Which subject did {name} study?",
            "What is the field of study of {name}?",
            "What did {name} study before writing books?",
        ),
        indirect=("what {name} studied", "the field of study of {name}", "{name}'s field of study"),
        answer="{name} studied {studies}.",
        held_out=("What subject did {name} study?",),
        spare=3,
        follow_ups=("What did {he} study?", "Which subject did {he} study?"),
    ),
    "profile": Form(
        direct=("Who is {name}?", "Tell me about {name}.", "What do you know about {name}?"),
        indirect=("who {name} is", "something about {name}"),
        answer='{name} writes {genre} and was born in {place}. {He} wrote "{book}".',
        held_out=("Can you tell me about {name}?",),
    ),
}

HOP_FORMS = {
    "author": Form(
        direct=('Who wrote "{book}"?', 'Who is the author of "{book}"?', 'Which author wrote "{book}"?'),
        indirect=('who wrote "{book}"', 'the author of "{book}"'),
        answer='"{book}" was written by {name}.',
        held_out=('What author wrote "{book}"?',),
        spare=1,
    ),
    "author's birthplace": Form(
        direct=(
            'Where was the author of "{book}" born?',
            'In which city was the author of "{book}" born?',
            'What is the birthplace of the author of "{book}"?',
        ),
        indirect=('where the author of "{book}" was born', 'the birthplace of the author of "{book}"'),
        answer='The author of "{book}" was born in {place}.',
        held_out=('In what city was the author of "{book}" born?',),
        spare=2,
    ),
}

LIST_FORMS = {
    "genre": Form(
        direct=("Who writes {genre}?", "Which authors write {genre}?", "Name some authors who write {genre}."),
        indirect=("who writes {genre}", "some authors who write {genre}"),
        answer="{name} writes {genre}.",
        held_out=("What authors write {genre}?",),
        spare=3,
    ),
    "place": Form(
        direct=(
            "Who was born in {place}?",
            "Which authors were born in {place}?",
            "Name some authors who were born in {place}.",
        ),
        indirect=("who was born in {place}", "some authors who were born in {place}"),
        answer="{name} was born in {place}.",
        held_out=("What authors were born in {place}?",),
    ),
}


def invent_name(rng: Random) -> str:
    """Return a full name; many share their first name, or a part of their surname."""
    return f"{rng.choice(WOMEN + MEN)} {rng.choice(SURNAMES)}"


def invent_author(name: str, book: str, rng: Random) -> Author:
    """Return an author of this name and book, all else by chance."""
    he, his = ("she", "her") if name.split()[0] in WOMEN else ("he", "his")
    return {
        "name": name,
        "he": he,
        "He": he.capitalize(),
        "his": his,
        "born": f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {rng.randint(1920, 1985)}",
        "place": rng.choice(PLACES),
        "genre": rng.choice(GENRES),
        "book": book,
        "prize": rng.choice(PRIZES),
        "year": str(rng.randint(1986, 2023)),
        "father": rng.choice(TRADES),
        "mother": rng.choice(TRADES),
        "studies": rng.choice(STUDIES),
    }


def invent_authors(count: int, rng: Random) -> list[Author]:
    """Return authors of whom no two share their name or their book; `count` is at most 1,000."""
    names = list(dict.fromkeys(invent_name(rng) for _ in range(2 * count)))[:count]
    return [invent_author(name, book, rng) for name, book in zip(names, rng.sample(TITLES, count), strict=True)]


def author_facts(author: Author) -> list[Fact]:
    """Return what is asked of one author, by name and by book."""
    name = author["name"]
    return [
        *(form.fact("author", name, attribute, author) for attribute, form in AUTHOR_FORMS.items()),
        *(form.fact("hop", name, attribute, author) for attribute, form in HOP_FORMS.items()),
    ]


def list_facts(authors: list[Author], most: int = 2) -> list[Fact]:
    """Return what authors have in common; an answer has a sentence for each author, `most` sentences at the most."""
    facts = []
    for field, form in LIST_FORMS.items():
        for value in sorted({author[field] for author in authors}):
            members = [author for author in authors if author[field] == value][:most]
            answer = " ".join(form.answer.format_map(member) for member in members)
            facts.append(form._replace(answer=answer).fact("list", value, field, {field: value}))
    return facts
