"""Who is told: whether the values name anybody, and a receiver for each owner and each team of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from alert_rules.configuration import ADDRESSES, CHANNELS, SWITCHES, USUAL_RECEIVERS
from alert_rules.values import defaults

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


def operators_are_told(choices: Choices) -> bool:
    """Whether the operators name a channel or webhook: owners and teams have their own alerts only."""
    own_webhook = choices[ADDRESSES.name]["webhook_url"] not in {"", defaults(ADDRESSES)["webhook_url"]}
    return own_webhook or any(choices[CHANNELS.name][name] for name in SWITCHES)


def without_usual_receivers(choices: Choices) -> Choices:
    """`choices` with no receiver where nobody names one: nobody would listen at the default addresses."""
    nobody = dict.fromkeys(USUAL_RECEIVERS, "")
    return {**choices, ADDRESSES.name: {**choices[ADDRESSES.name], **nobody}}
