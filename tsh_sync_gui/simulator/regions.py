"""Data centres on one origin: which address belongs to which, and what each calls itself (zoho-api.md 1.4)."""

from urllib.parse import urlsplit

from tsh_sync_gui.simulator.config import LOCATIONS, SimulatorConfig

_HOME = LOCATIONS[0]


def base(config: SimulatorConfig, location: str, origin: str) -> str:
    """Return the address that serves a data centre's accounts and its API, as replies name it."""
    given = config.regions.get(location)
    if given is None:
        is_root = location == _HOME and "" not in _roots(config, origin)
        return origin if is_root else f"{origin}/dc/{location}"
    given = given.rstrip("/")
    return given if "://" in given else origin + given


def locate(config: SimulatorConfig, origin: str, path: str) -> tuple[str, str]:
    """Return the data centre that a path belongs to, and the part of the path that says so."""
    named = _roots(config, origin)
    parts = path.split("/")
    if len(parts) > 3 and parts[1] == "dc" and parts[2] in LOCATIONS:
        named.setdefault(f"/dc/{parts[2]}", parts[2])
    for prefix in sorted(named, key=len, reverse=True):
        if prefix and path.startswith(f"{prefix}/"):
            return named[prefix], prefix
    return named.get("", _HOME), ""


def _roots(config: SimulatorConfig, origin: str) -> dict[str, str]:
    """Return the data centre per path on this origin, as far as the configuration names any."""
    found: dict[str, str] = {}
    for location, given in config.regions.items():
        parts = urlsplit(given)
        if not parts.netloc or f"{parts.scheme}://{parts.netloc}" == origin:
            found.setdefault(parts.path.rstrip("/"), location)
    return found
