"""Who is told besides the operators: a receiver for each owner and each team that the values name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from alert_rules.values import Choices

SECTIONS = {"owners": "owner", "teams": "team"}  # of values, and the label that their names are values of


class Told(NamedTuple):
    """A receiver of Alertmanager for the alerts whose label has one value.

    `destination` is an e-mail address or the URL of a webhook.
    """

    label: str
    value: str
    destination: str

    @property
    def name(self) -> str:
        """The name of the receiver."""
        return f"{self.label} {self.value}"

    @property
    def matcher(self) -> str:
        r"""Which alerts are meant, as Alertmanager writes it.

        >>> print(Told("owner", 'a"b', "a@example.org").matcher)
        owner="a\"b"
        """
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}="{escaped}"'

    @property
    def by_mail(self) -> bool:
        """Whether the destination is an e-mail address."""
        return "://" not in self.destination


def receivers(choices: Choices) -> list[Told]:
    """Those of the owners, then those of the teams."""
    return [
        Told(label, name, str(destination))
        for section, label in SECTIONS.items()
        for name, destination in choices[section].items()
    ]
