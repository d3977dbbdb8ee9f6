"""libvirt URIs as people may read them: without user info and without what locates keys."""

from __future__ import annotations

from urllib.parse import unquote

# Parameters that say which daemon is meant and how it is reached, and name no user, key or command.
_SHOWN = frozenset(("mode", "no_tty", "no_verify", "proxy", "socket"))


def shown(uri: str) -> str:
    """The URI without user info and without parameters such as keyfile, known_hosts, pkipath and command.

    A text without "://" is no URI of a host and stays as it is.
    """
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return uri
    place, _, query = rest.rpartition("@")[2].partition(
        "?"
    )  # a password may hold any character, even / and ?
    kept = "&".join(each for each in _parameters(query) if each.partition("=")[0] in _SHOWN)
    return f"{scheme}://{place.partition('#')[0]}{'?' if kept else ''}{kept}"


def secrets(uri: str) -> tuple[str, ...]:
    """What `shown` leaves out, as it stands in the URI and as libvirt may write it; the longest first."""
    rest = uri.partition("://")[2]
    user_info, _, place = rest.rpartition("@")
    password = user_info.partition(":")[2]
    values = [
        each.partition("=")[2]
        for each in _parameters(place.partition("?")[2])
        if each.partition("=")[0] not in _SHOWN
    ]
    users = [f"{user_info}@", f"{user_info.partition(':')[0]}@"] if user_info else []
    whole = user_info if password else ""
    found = {text for one in (*users, whole, password, *values) for text in (one, unquote(one)) if text}
    return tuple(sorted(found, key=len, reverse=True))


def masked(text: str, uri: str) -> str:
    """`text`, a message of libvirt about `uri`, without the secrets of the URI."""
    text = text.replace(uri, shown(uri))
    for secret in secrets(uri):
        text = text.replace(secret, "" if secret.endswith("@") else "<secret>")
    return text


def _parameters(query: str) -> list[str]:
    return [each for each in query.partition("#")[0].replace(";", "&").split("&") if each]
