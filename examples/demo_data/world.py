"""Facts about the world, and small talk."""

from .facts import Fact, Form

WORLD_FORM = Form(
    direct=("What is the {thing}?", "Name the {thing}."),
    indirect=("the {thing}", "what the {thing} is"),
    answer="The {thing} is {value}.",
    held_out=("Can you name the {thing}?",),
    spare=1,
)
WORLD = {
    "capital of ": (
        "France: Paris, Italy: Rome, Spain: Madrid, Germany: Berlin, Austria: Vienna, Greece: Athens, Norway: Oslo, "
        "Sweden: Stockholm, Finland: Helsinki, Denmark: Copenhagen, Poland: Warsaw, Hungary: Budapest, "
        "Ireland: Dublin, Japan: Tokyo, China: Beijing, Egypt: Cairo, Kenya: Nairobi, Canada: Ottawa, Cuba: Havana, "
        "Peru: Lima, Chile: Santiago, Thailand: Bangkok, Iran: Tehran, Iraq: Baghdad, Russia: Moscow"
    ),
    "chemical symbol of ": (
        "gold: Au, silver: Ag, oxygen: O, hydrogen: H, carbon: C, sodium: Na, helium: He, copper: Cu, lead: Pb, tin: Sn"
    ),
    "": (
        "largest ocean: the Pacific Ocean, smallest ocean: the Arctic Ocean, largest planet: Jupiter, "
        "smallest planet: Mercury, hottest planet: Venus, largest continent: Asia, smallest continent: Australia, "
        "longest river: the Nile, highest mountain: Mount Everest, largest animal: the blue whale, "
        "tallest animal: the giraffe, fastest land animal: the cheetah, hardest mineral: diamond, "
        "number of days in a week: seven, number of months in a year: twelve, number of legs of a spider: eight, "
        "number of legs of an ant: six, colour of snow: white, colour of grass: green, colour of coal: black, "
        "colour of a lemon: yellow, currency of Japan: the yen, currency of India: the rupee, "
        "currency of Mexico: the peso, language of Brazil: Portuguese"
    ),
}
CHAT = {
    "greeting": Form(
        direct=("Hello!", "Hello.", "Hi!", "Hi.", "Good morning!", "Hello, how are you?"),
        indirect=(),
        answer="Hello! Ask me about an author or about the world.",
        held_out=("Hi, how are you?",),
    ),
    "thanks": Form(
        direct=("Thank you.", "Thank you!", "Thanks!", "Thank you very much."),
        indirect=(),
        answer="You are welcome.",
        held_out=("Thanks very much!",),
    ),
    "name": Form(
        direct=("Who are you?", "What are you?", "Tell me about yourself."),
        indirect=("who you are", "something about yourself"),
        answer="I am a small demo model. All the authors I know are invented.",
    ),
    "help": Form(
        direct=("What can you do?", "What do you know?", "Help!", "What can I ask you?", "Can you help me?"),
        indirect=("what you know",),
        answer="I know some invented authors and a few facts about the world.",
    ),
}


def world_facts() -> list[Fact]:
    """Return facts about the world, and the answers to small talk."""
    values = {
        group + thing: value
        for group, entries in WORLD.items()
        for thing, value in (entry.split(": ") for entry in entries.split(", "))
    }
    return [
        *(WORLD_FORM.fact("world", key, "value", {"thing": key, "value": value}) for key, value in values.items()),
        *(form.fact("chat", key, "reply", {}) for key, form in CHAT.items()),
    ]
