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


# The first version with all that is used: MSTL, say, which Debian 12's statsmodels has not.
LEAST = {"statsmodels": (0, 14)}


def missing(module: str) -> str:
    """What to say, in one line, when a module is not there. KeyError if no extra installs it."""
    newer = f" {'.'.join(map(str, LEAST[module]))} or newer" if module in LEAST else ""
    return f"{module}{newer} is not installed: pip install 'virtcast[{EXTRAS[module]}]'"


def explained(error: ModuleNotFoundError) -> str:
    """What to say about the error. Raises it if no extra installs the module."""
    module = (error.name or "").split(".")[0]
    if module not in EXTRAS:
        raise error
    return missing(module)
