"""Consent: the page, the decision, and the codes that come of it (zoho-api.md 1.1 to 1.3)."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from tsh_sync_gui.simulator import pages, regions, scopes, tokens
from tsh_sync_gui.simulator.accounts import USERS, organizations
from tsh_sync_gui.simulator.config import LOCATIONS
from tsh_sync_gui.simulator.replies import HTML_TYPE, Reply
from tsh_sync_gui.simulator.simulation import Request, Simulation

PATH = "/oauth/v2/auth"
DECISIONS = ("off", "accept", "deny")
SELF_CLIENT_MINUTES = range(3, 11)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for until it is redeemed; `redirect_uri` is None where none has to be sent."""

    scope: str
    client: str
    user: int
    ends: float
    redirect_uri: str | None = None
    offline: bool = True
    asks_again: bool = True
    challenge: str = ""

    def is_proved_by(self, verifier: str) -> bool:
        """Say whether a verifier belongs to the challenge that was sent with the consent, if any was."""
        if not self.challenge:
            return True
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        return hmac.compare_digest(digest, self.challenge.encode())


class Consent:
    """Asks people; `auto` and `auto_user` decide in their place."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._codes: dict[str, Code] = {}
        self.auto = "off"
        self.auto_user = 0

    # The page ------------------------------------------------------------------------------------------------------

    def ask(self, form: dict[str, str], request: Request) -> Reply:
        """Answer `GET /oauth/v2/auth`: the page, or at once the way back where `auto` decides."""
        refusal = self._client_refusal(form, request) or self._redirect_refusal(form) or self._wish_refusal(form)
        if refusal is not None:
            return refusal
        if self.auto != "off":
            return self._decided(form, request, accepted=self.auto == "accept", user=self.auto_user)
        config = self._simulation.config
        return pages.consent(
            action=f"{request.prefix}{PATH}",
            form=form,
            client_name=config.client_name,
            scopes=scopes.described(scopes.parsed(form["scope"])),
            users=[(user, [row["name"] for row in organizations(config, user.number)]) for user in USERS],
            location=config.region,
        )

    def decide(self, form: dict[str, str], request: Request) -> Reply:
        """Answer the page's buttons."""
        accepted = form.get("decision") in {"allow", "accept"}
        refusal = self._redirect_refusal(form)
        if accepted and refusal is None:
            refusal = self._client_refusal(form, request) or self._wish_refusal(form)
        if refusal is not None:
            return refusal
        chosen = form.get("user", "0")
        user = next((user.number for user in USERS if str(user.number) == chosen), 0)
        return self._decided(form, request, accepted=accepted, user=user)

    def _client_refusal(self, form: dict[str, str], request: Request) -> Reply | None:
        config = self._simulation.config
        client = form.get("client_id", "")
        if not client or (config.strict and client != config.client_id):
            return pages.refused("invalid_client", "There is no application with this client id.")
        if not config.multi_dc and {request.region, config.region} != {LOCATIONS[0]}:
            words = "The application is not enabled for the data centre of this account."
            return pages.refused("invalid_client", words)
        return None

    def _redirect_refusal(self, form: dict[str, str]) -> Reply | None:
        given = form.get("redirect_uri", "")
        registered = self._simulation.config.registered
        if registered and given not in registered:
            words = "The redirect URI is not one of those that the application has registered:"
            return pages.refused("invalid_redirect_uri", words, registered)
        parts = urlsplit(given)
        if not parts.scheme or not parts.netloc or parts.fragment or not given.isprintable():
            return pages.refused("invalid_redirect_uri", "The redirect URI is no address that one can be led back to.")
        return None

    def _wish_refusal(self, form: dict[str, str]) -> Reply | None:
        if form.get("response_type", "code") != "code":
            return pages.refused("invalid_response_type", "response_type must be code.")
        try:
            scopes.parsed(form.get("scope", ""))
        except ValueError as error:
            words = "Enter a valid scope. Zoho has none that is called so:"
            return pages.refused("invalid_oauthscope", words, [str(error) or "(empty)"])
        challenge = form.get("code_challenge", "")
        if not challenge and self._simulation.config.client_type == "mobile":
            return pages.refused("invalid_code_challenge", "This application has to send a code_challenge.")
        if challenge and not (_CHALLENGE.fullmatch(challenge) and form.get("code_challenge_method") == "S256"):
            words = "code_challenge must be the Base64url SHA-256 of a verifier, and code_challenge_method S256."
            return pages.refused("invalid_code_challenge", words)
        return None

    def _decided(self, form: dict[str, str], request: Request, *, accepted: bool, user: int) -> Reply:
        simulation = self._simulation
        config = simulation.config
        simulation.counts.sign_in["accepted" if accepted else "denied"] += 1
        answer = {"state": form["state"]} if "state" in form else {}
        client = form.get("client_id", "")
        if not accepted or simulation.limits.token_throttled(f"client {client}", config.codes_per_client):
            return _led_back(form["redirect_uri"], answer | {"error": "access_denied"})
        code = self._issued(
            Code(
                scope=form["scope"],
                client=client,
                user=user,
                ends=simulation.clock.now() + config.code_seconds,
                redirect_uri=form["redirect_uri"],
                offline=form.get("access_type") == "offline",
                asks_again=form.get("prompt") == "consent",
                challenge=form.get("code_challenge", ""),
            )
        )
        accounts = regions.base(config, config.region, request.origin)
        return _led_back(
            form["redirect_uri"], answer | {"code": code, "location": config.region, "accounts-server": accounts}
        )

    # Codes ---------------------------------------------------------------------------------------------------------

    def self_client_code(self, scope: str, minutes: int, *, user: int = 0, client: str = "") -> str:
        """Return a code as the API console makes it for a self client; raises ValueError for what it refuses."""
        try:
            scopes.parsed(scope)
        except ValueError as error:
            raise ValueError(f"Enter a valid scope, not {str(error) or 'none'}") from None
        if minutes not in SELF_CLIENT_MINUTES:
            raise ValueError(f"minutes must be 3 to 10, not {minutes}")
        if user not in {known.number for known in USERS}:
            raise ValueError(f"user must be 0 to {len(USERS) - 1}, not {user}")
        ends = self._simulation.clock.now() + minutes * 60
        return self._issued(Code(scope=scope, client=client, user=user, ends=ends))

    def _issued(self, made: Code) -> str:
        now = self._simulation.clock.now()
        self._codes = {code: held for code, held in self._codes.items() if held.ends >= now}
        code = tokens.code()
        self._codes[code] = made
        self._simulation.counts.sign_in["codes_issued"] += 1
        return code

    def held(self, code: str) -> Code | None:
        """Return what a living code stands for."""
        found = self._codes.get(code)
        return found if found is not None and found.ends >= self._simulation.clock.now() else None

    def use(self, code: str) -> None:
        """Make a code worthless."""
        self._codes.pop(code, None)


def _led_back(target: str, answer: dict[str, str]) -> Reply:
    joint = "&" if urlsplit(target).query else "?"
    place = f"{target}{joint}{urlencode(answer)}".encode()
    return Reply(b"", 302, HTML_TYPE, [(b"Location", place), (b"Cache-Control", b"no-store")])
