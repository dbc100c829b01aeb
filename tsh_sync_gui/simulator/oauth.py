"""The accounts server: which path answers what, and the token endpoint (zoho-api.md 1)."""

from urllib.parse import parse_qsl

from tsh_sync_gui.simulator import regions, scopes, tokens
from tsh_sync_gui.simulator.config import LOCATIONS
from tsh_sync_gui.simulator.consent import Code, Consent
from tsh_sync_gui.simulator.grants import Grant
from tsh_sync_gui.simulator.replies import HTML_TYPE, Reply, plain
from tsh_sync_gui.simulator.simulation import Request, Simulation

_THROTTLED = {
    "error_description": "You have made too many requests continuously. Please try again after some time.",
    "error": "Access Denied",
    "status": "failure",
}


class OAuth:
    """Hands tokens out and says what they are worth."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.consent = Consent(simulation)

    def answer(self, request: Request) -> Reply:
        """Answer a request below `/oauth`."""
        form = dict(request.params)
        if request.body and "json" not in request.headers.get("content-type", ""):
            form |= dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        match (request.method, request.path):
            case ("GET", "/oauth/serverinfo"):
                config = self._simulation.config
                known = {location: regions.base(config, location, request.origin) for location in LOCATIONS}
                return plain({"result": "success", "locations": known})
            case ("POST", "/oauth/v2/auth"):
                return self.consent.decide(form, request)
            case (_, "/oauth/v2/auth"):
                return self.consent.ask(form, request)
            case ("POST", "/oauth/v2/token/revoke"):
                return self._revoke(form.get("token", ""), request.region)
            case ("POST", "/oauth/v2/token"):
                return self._token(form, request)
            case (_, "/oauth/v2/token"):
                return Reply(b"<html><body>server error</body></html>", 500, HTML_TYPE)
        return Reply(b"<html><body>The page was not found</body></html>", 404, HTML_TYPE)

    # Tokens ----------------------------------------------------------------------------------------------------------

    def _token(self, form: dict[str, str], request: Request) -> Reply:
        reply = self._client_refusal(form, request)
        if reply is None:
            match form.get("grant_type"):
                case "refresh_token":
                    reply = self._refresh(form, request)
                case "authorization_code":
                    reply = self._redeem(form, request)
                case _:
                    reply = plain({"error": "unsupported_grant_type"})
        if b'"access_token"' not in reply.body:
            self._simulation.counts.sign_in["refused"] += 1
        return reply

    def _client_refusal(self, form: dict[str, str], request: Request) -> Reply | None:
        config = self._simulation.config
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if not client or (config.strict and client != config.client_id):
            return plain({"error": "invalid_client"})
        if not config.multi_dc and request.region != LOCATIONS[0]:
            return plain({"error": "invalid_client"})
        if not secret and config.client_type == "mobile":
            return None
        if not secret or (config.strict and secret != config.client_secret):
            return plain({"error": "invalid_client_secret"})
        return None

    def _refresh(self, form: dict[str, str], request: Request) -> Reply:
        simulation = self._simulation
        config = simulation.config
        token = form.get("refresh_token", "")
        if simulation.limits.token_throttled(token, config.token_refreshes):
            simulation.counts.sign_in["throttled"] += 1
            return plain(_THROTTLED, 400)
        if not self._is_refresh_token(token):
            return plain({"error": "invalid_code"})
        grant = self._grant(tokens.short(token))
        if grant.region != request.region:
            return plain({"error": config.wrong_region_error})
        simulation.counts.sign_in["refreshes"] += 1
        return plain(self._access(tokens.short(token), grant, request.origin))

    def _redeem(self, form: dict[str, str], request: Request) -> Reply:
        text = form.get("code", "")
        code = self.consent.held(text)
        if code is None:
            return plain({"error": "invalid_code"})
        error = self._code_error(code, form, request)
        if error:
            return plain({"error": error})
        self.consent.use(text)
        self._simulation.counts.sign_in["codes_redeemed"] += 1
        return plain(self._granted(code, request.origin))

    def _code_error(self, code: Code, form: dict[str, str], request: Request) -> str:
        """Say what is wrong with redeeming a living code in this way; nothing is the empty text."""
        config = self._simulation.config
        if request.region != config.region:
            return config.wrong_region_error
        if code.client not in {"", form["client_id"]}:
            return "invalid_code"
        if code.redirect_uri not in {None, form.get("redirect_uri", "")}:
            return "invalid_redirect_uri"
        return "" if code.is_proved_by(form.get("code_verifier", "")) else "invalid_code"

    def _granted(self, code: Code, origin: str) -> dict[str, object]:
        """Write down what a code stands for; a refresh token goes out with the first offline consent, or when asked."""
        simulation = self._simulation
        refresh = tokens.refresh_token()
        key = tokens.short(refresh)
        mine = simulation.grants.refresh_tokens(code.user)
        known = simulation.grants.refresh_tokens(code.user, code.client) if code.client else []
        hands_out = code.offline and (code.asks_again or not known)
        grant = Grant(code.scope, code.client, code.user, simulation.config.region, hands_out)
        surplus = max(0, len(mine) + 1 - max(1, simulation.config.most_refresh_tokens)) if hands_out else 0
        entry = {name: getattr(grant, name) for name in Grant.__slots__}
        simulation.commit(
            [
                {"op": "grant", "key": key, **entry},
                *({"op": "revoke", "token": oldest} for oldest in mine[:surplus]),
            ]
        )
        values = self._access(key, grant, origin)
        return {**values, "refresh_token": refresh} if hands_out else values

    def _access(self, key: str, grant: Grant, origin: str) -> dict[str, object]:
        simulation = self._simulation
        config, grants = simulation.config, simulation.grants
        now = int(simulation.clock.now() * 1000)
        ends = grants.expiry(now, config.token_seconds)
        token = tokens.access_token(key, ends)
        living = grants.access_tokens(now, key)
        surplus = max(0, len(living) + 1 - max(1, config.most_access_tokens))
        simulation.commit(
            [
                *({"op": "revoke", "token": oldest} for oldest in living[:surplus]),
                {"op": "access", "key": key, "token": tokens.short(token), "ends": ends, "at": now},
            ]
        )
        return {
            "access_token": token,
            "scope": grant.scope.replace(",", " "),
            "api_domain": regions.base(config, grant.region, origin),
            "token_type": "Bearer",
            "expires_in": config.token_seconds,
        }

    def _revoke(self, token: str, region: str) -> Reply:
        """Revoke a token where it was made: another data centre knows nothing of it."""
        grant = self._grant(tokens.short(token)) if self._is_refresh_token(token) else self.grant_of(token)
        if grant is None or grant.region != region or not self.end(token):
            return plain({"error": "invalid_token"}, 400)
        return plain({"status": "success"})

    def end(self, token: str) -> bool:
        """Revoke a token; say whether there was such a one."""
        if not self._is_refresh_token(token) and self.grant_of(token) is None:
            return False
        self._simulation.commit([{"op": "revoke", "token": tokens.short(token)}])
        return True

    # Checks ----------------------------------------------------------------------------------------------------------

    def _is_refresh_token(self, token: str) -> bool:
        config = self._simulation.config
        if not tokens.has_three_parts(token) or tokens.short(token) in self._simulation.grants.revoked:
            return False
        if config.strict:
            return token == config.refresh_token or tokens.is_refresh_token(token)
        return tokens.read_access_token(token) is None

    def _grant(self, key: str) -> Grant:
        """Return what a refresh token allows; one that was taken on trust allows everything."""
        region = self._simulation.config.region
        found = self._simulation.grants.get(key)
        if found is None:
            return Grant(scopes.FULL, region=region)
        return found if found.region else Grant(found.scope, region=region)

    def grant_of(self, token: str) -> Grant | None:
        """Return what a living access token allows; None for one that is foreign, past its time or revoked."""
        read = tokens.read_access_token(token)
        if read is None:
            return None
        key, ends = read
        grants = self._simulation.grants
        if ends <= max(self._simulation.clock.now() * 1000, grants.ended_until):
            return None
        return None if key in grants.revoked or tokens.short(token) in grants.revoked else self._grant(key)
