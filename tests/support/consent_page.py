"""What a person does on the simulator's consent page, without a browser: read it, choose, press a button."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx


@dataclass
class Page(HTMLParser):
    """The one form of a page: its fields, its choices, its buttons, and all text."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, a field or a button in."""
        have = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = have["action"]
        elif tag == "input" and have.get("type") == "radio":
            self.users.append(have["value"])
            if "checked" in have:
                self.fields[have["name"]] = have["value"]
        elif tag == "input":
            self.fields[have["name"]] = have.get("value", "")
        elif tag == "button":
            self.buttons[have["id"]] = (have.get("name", ""), have.get("value", ""))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.words.append(data)

    @property
    def text(self) -> str:
        """Return what can be read."""
        return " ".join(" ".join(self.words).split())


def read(url: str) -> Page:
    """Open a consent page."""
    page = Page()
    page.feed(httpx.get(url).raise_for_status().text)
    return page


def press(url: str, button: str = "accept", *, user: int | None = None) -> str:
    """Press a button of the consent page at *url*; return the address that the browser is led back to."""
    page = read(url)
    name, value = page.buttons[button]
    form = page.fields | {name: value} | ({} if user is None else {"user": str(user)})
    return httpx.post(urljoin(url, page.action), data=form).headers["location"]


def answers(location: str) -> dict[str, str]:
    """Return the parameters of a redirect."""
    return dict(parse_qsl(urlsplit(location).query))
