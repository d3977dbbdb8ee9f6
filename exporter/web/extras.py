"""The extras of the package: what a program says when one is not installed."""

from __future__ import annotations

# Module, and the extra of pyproject.toml that installs it.
EXTRAS = {
    "libvirt": "exporter",
    "psutil": "exporter",
    "numpy": "forecaster",
    "requests": "forecaster",
    "re2": "forecaster",
    "statsmodels": "reference",
    "scipy": "placement",
    "weasyprint": "pdf",
}


# What an older one lacks: MSTL, of which Debian 12 has no version.
NEWER = {"statsmodels": " 0.14 or newer"}


def missing(module: str) -> str:
    """What to say, in one line, when a module is not there. KeyError if no extra installs it."""
    return f"{module}{NEWER.get(module, '')} is not installed: pip install 'virtcast[{EXTRAS[module]}]'"


def explained(error: ModuleNotFoundError) -> str:
    """What to say about the error. Raises it if no extra installs the module."""
    module = (error.name or "").split(".")[0]
    if module not in EXTRAS:
        raise error
    return missing(module)
