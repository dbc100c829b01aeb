"""OAuth: consent, codes, access tokens, revocation; zoho-api.md 1."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl, urlencode

from tsh_sync_gui.simulator.replies import HTML_TYPE, Reply, plain
from tsh_sync_gui.simulator.simulation import Request, Simulation

_KEY = b"the simulator signs its tokens so that they outlive a restart"
_CODE_SECONDS = 120
_THROTTLED = "You have made too many requests continuously. Please try again after some time."
_FULL = "ZohoBooks.fullaccess.all,ZohoInventory.fullaccess.all"
_WORDS = {"books": "ZohoBooks", "inventory": "ZohoInventory"}
_OPERATIONS = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}


@dataclass(frozen=True, slots=True)
class _Code:
    scope: str
    offline: bool
    expires: float


class OAuth:
    """The accounts server; tokens carry their own proof, so only codes are held in memory."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._codes: dict[str, _Code] = {}
        self._used: set[str] = set()

    def answer(self, request: Request) -> Reply:
        """Answer a request below `/oauth/v2`."""
        form = dict(request.params)
        if request.body and "json" not in request.headers.get("content-type", ""):
            form |= dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if request.path == "/oauth/v2/auth":
            return self._decide(form, request) if request.method == "POST" else self._consent(form)
        if request.path == "/oauth/v2/token/revoke" and request.method == "POST":
            return self._revoke(form.get("token", ""))
        if request.path == "/oauth/v2/token":
            if request.method != "POST":
                return Reply(b"<html><body>server error</body></html>", 500, HTML_TYPE)
            return self._token(form, request.origin)
        return Reply(b"<html><body>The page was not found</body></html>", 404, HTML_TYPE)

    # Consent ---------------------------------------------------------------------------------------------------------

    def _consent(self, form: dict[str, str]) -> Reply:
        config = self._simulation.config
        if config.strict and form.get("client_id") != config.client_id:
            return Reply(b"<html><body><h1>invalid_client</h1></body></html>", 400, HTML_TYPE)
        if not form.get("redirect_uri"):
            return Reply(b"<html><body><h1>invalid_redirect_uri</h1></body></html>", 400, HTML_TYPE)
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in form.items()
        )
        scopes = "".join(f"<li>{escape(scope)}</li>" for scope in form.get("scope", "").split(","))
        page = (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Simulated Zoho Accounts</title></head>'
            '<body style="font-family:sans-serif;max-width:32em;margin:4em auto"><h1>Simulated Zoho Accounts</h1>'
            f"<p>An application wants to read and write <b>TSH Trading</b>:</p><ul>{scopes}</ul>"
            f'<form method="post" action="/oauth/v2/auth">{hidden}'
            '<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button>'
            "</form></body></html>"
        )
        return Reply(page.encode(), 200, HTML_TYPE)

    def _decide(self, form: dict[str, str], request: Request) -> Reply:
        answer = {"state": form["state"]} if "state" in form else {}
        if form.get("decision") == "allow":
            code = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
            offline = form.get("access_type") == "offline"
            self._codes[code] = _Code(form.get("scope", ""), offline, self._simulation.clock.now() + _CODE_SECONDS)
            answer |= {"code": code, "location": "us", "accounts-server": request.origin}
        else:
            answer["error"] = "access_denied"
        target = form.get("redirect_uri", "/")
        joint = "&" if "?" in target else "?"
        return Reply(b"", 302, HTML_TYPE, [(b"Location", f"{target}{joint}{urlencode(answer)}".encode())])

    # Tokens ----------------------------------------------------------------------------------------------------------

    def _token(self, form: dict[str, str], origin: str) -> Reply:
        config = self._simulation.config
        if not form.get("client_id") or (config.strict and form["client_id"] != config.client_id):
            return plain({"error": "invalid_client"})
        if config.strict and form.get("client_secret") != config.client_secret:
            return plain({"error": "invalid_client_secret"})
        match form.get("grant_type"):
            case "refresh_token":
                return self._refresh(form.get("refresh_token", ""), origin)
            case "authorization_code":
                return self._redeem(form.get("code", ""), origin)
        return plain({"error": "unsupported_grant_type"})

    def _refresh(self, token: str, origin: str) -> Reply:
        simulation = self._simulation
        if simulation.limits.token_throttled(token, simulation.config.token_refreshes):
            return plain(
                {
                    "error_description": _THROTTLED,
                    "error": "Access Denied",
                    "status": "failure",
                },
                400,
            )
        if not self._is_refresh_token(token):
            return plain({"error": "invalid_code"})
        return plain(self._access(token, origin))

    def _redeem(self, code: str, origin: str) -> Reply:
        held = self._codes.pop(code, None)
        if held is None:
            if self._simulation.config.strict or not _has_three_parts(code) or code in self._used:
                return plain({"error": "invalid_code"})
            held = _Code(_FULL, offline=True, expires=self._simulation.clock.now() + 1)
        self._used.add(code)
        if held.expires < self._simulation.clock.now():
            return plain({"error": "invalid_code"})
        middle = secrets.token_hex(16)
        refresh = f"1000.{middle}.{_signature('refresh', middle)}"
        if held.scope:
            self._simulation.grant(_short(refresh), held.scope)
        values = self._access(refresh, origin)
        return plain({**values, "refresh_token": refresh} if held.offline else values)

    def _access(self, refresh: str, origin: str) -> dict[str, object]:
        config = self._simulation.config
        middle = (
            f"{int(self._simulation.clock.now() + config.token_seconds):012x}{_short(refresh)}{secrets.token_hex(2)}"
        )
        return {
            "access_token": f"1000.{middle}.{_signature('access', middle)}",
            "scope": self._simulation.grants.get(_short(refresh), _FULL).replace(",", " "),
            "api_domain": origin,
            "token_type": "Bearer",
            "expires_in": config.token_seconds,
        }

    def _revoke(self, token: str) -> Reply:
        if not self._is_refresh_token(token) and not self.is_alive(token):
            return plain({"error": "invalid_token"}, 400)
        self._simulation.revoke(_short(token))
        return plain({"status": "success"})

    def _is_refresh_token(self, token: str) -> bool:
        config = self._simulation.config
        if _short(token) in self._simulation.revoked or not _has_three_parts(token):
            return False
        if not config.strict:
            return True
        _, middle, last = token.split(".")
        return token == config.refresh_token or hmac.compare_digest(last, _signature("refresh", middle))

    # Checks ----------------------------------------------------------------------------------------------------------

    def is_alive(self, token: str) -> bool:
        """Say whether an access token was given by us, is not past its time, and not revoked."""
        parts = token.split(".")
        if len(parts) != 3 or len(parts[1]) != 36 or not hmac.compare_digest(parts[2], _signature("access", parts[1])):
            return False
        revoked = self._simulation.revoked
        return (
            int(parts[1][:12], 16) > self._simulation.clock.now()
            and parts[1][12:32] not in revoked
            and _short(token) not in revoked
        )

    def may(self, token: str, product: str, module: str, method: str) -> bool:
        """Say whether a living token's scope covers a call."""
        scope = self._simulation.grants.get(token.split(".")[1][12:32])
        if scope is None:
            return True
        granted = {part.strip().casefold() for part in scope.replace(" ", ",").split(",")}
        word = _WORDS[product]
        wanted = (
            f"{word}.fullaccess.all",
            f"{word}.{module}.ALL",
            f"{word}.{module}.{_OPERATIONS.get(method, 'READ')}",
        )
        return any(scope_name.casefold() in granted for scope_name in wanted)


def _has_three_parts(token: str) -> bool:
    parts = token.split(".")
    return len(parts) == 3 and all(parts)


def _signature(kind: str, middle: str) -> str:
    return hmac.new(_KEY, f"{kind}:{middle}".encode(), hashlib.sha256).hexdigest()[:32]


def _short(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:20]
