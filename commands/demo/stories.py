"""What stands in the demo's blogs; the words of each story are in the template of its name."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Story:
    """A post and the blog that it stands in; `excerpt` is what it has to say about the night train."""

    name: str
    title: str
    author: str
    blog: str
    motto: str
    language: str
    excerpt: str = ""

    @property
    def path(self) -> str:
        """Where the story stands in its blog."""
        return f"/{self.name}/"


NIGHT_TRAIN: Final = Story(
    name="train-de-nuit",
    title="Le train qui roule pendant qu’on dort",  # noqa: RUF001 - the apostrophe of French
    author="Hélène Marsan",
    blog="La Veilleuse",
    motto="Carnet de trajets lents",
    language="fr",
)
"""The post that takes linkbacks."""

BREAD: Final = Story(
    name="pain-de-trois-heures",
    title="Un pain pour trois heures du matin",
    author="Maud Tissot",
    blog="Le Four banal",
    motto="Du levain, du bois, de la patience",
    language="fr",
    excerpt="ce bol sur le quai, je le connais.",
)
"""It links to the night train, and its blog sends a pingback."""

SOUP: Final = Story(
    name="soup-at-three",
    title="Soup, a bowl, a platform",
    author="Tom Arkwright",
    blog="Kettle & Compass",
    motto="Small journeys, strong tea",
    language="en",
    excerpt="I had given up on sleeper trains. Then I read about a man who eats soup on a platform at three in the "
    "morning, out of a proper bowl, and I had booked a berth before the kettle boiled.",
)
"""It links to the night train too, and its blog sends a trackback."""
