"""A headless Chromium, worked through its debugging pipe: opens a page and clicks as a person does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import count
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
_WHERE = (
    "(() => {{ const b = document.querySelector({selector}).getBoundingClientRect();"
    " return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
)


def chromium() -> str | None:
    """Return the program, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Chromium:
    """One page of one browser; ends with the context."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._ids = count(1)

    def __enter__(self) -> Self:
        program = chromium()
        assert program is not None
        there, self._write = os.pipe()
        self._read, back = os.pipe()
        options = (
            "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
            f"--remote-debugging-pipe --user-data-dir={self._profile}"
        )
        # Chromium speaks over the file descriptors 3 and 4.
        self._process = subprocess.Popen(
            ["bash", "-c", f"exec {program} {options} about:blank 3<&{there} 4>&{back}"],
            pass_fds=(there, back),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self._profile)},
        )
        os.close(there)
        os.close(back)
        self._answers = os.fdopen(self._read, "rb")
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._write)
        self._process.terminate()
        self._process.wait(15)
        self._answers.close()

    def _ask(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            found = json.loads(self._message())
            if found.get("id") == number:
                assert "error" not in found, found
                result: dict[str, Any] = found["result"]
                return result

    def _message(self) -> bytes:
        found = bytearray()
        while (byte := self._answers.read(1)) not in {b"\0", b""}:
            found += byte
        assert found, "the browser has ended"
        return bytes(found)

    def page(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the page."""
        return self._ask(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        return self.page("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def open(self, url: str) -> None:
        """Go to *url*."""
        self.page("Page.navigate", url=url)

    def click(self, selector: str) -> None:
        """Move the mouse to an element and press its button."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView()")
        x, y = self.evaluate(_WHERE.format(selector=json.dumps(selector)))
        for kind in ("mousePressed", "mouseReleased"):
            self.page("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
