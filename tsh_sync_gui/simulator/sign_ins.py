"""The control endpoints that speak of sign-ins: who consents by itself, what ends early, and what there is."""

from typing import Any, ClassVar
from urllib.parse import parse_qsl

from tsh_sync_gui.simulator import pages, regions, tokens
from tsh_sync_gui.simulator.accounts import USERS
from tsh_sync_gui.simulator.consent import DECISIONS
from tsh_sync_gui.simulator.oauth import OAuth
from tsh_sync_gui.simulator.replies import Reply, plain
from tsh_sync_gui.simulator.simulation import Request, Simulation

_COUNTED = ("accepted", "denied", "codes_issued", "codes_redeemed", "refreshes", "refused", "throttled")


class SignIns:
    """Looks at sign-ins and ends them; tells no secret but the code that a self client's page shows."""

    NAMES: ClassVar = frozenset({"consent", "self_client", "expire_tokens", "revoke", "oauth"})

    def __init__(self, simulation: Simulation, oauth: OAuth) -> None:
        self._simulation = simulation
        self._oauth = oauth

    def answer(self, request: Request, name: str) -> Reply:
        """Answer a request; raises ValueError for what is wrong with it."""
        match (request.method, name):
            case ("POST", "consent"):
                return self._consent(request.form())
            case ("POST", "self_client"):
                return self._self_client(request)
            case ("GET", "self_client"):
                return pages.self_client(scope=request.params.get("scope", ""))
            case ("POST", "expire_tokens"):
                return plain({"expired": self._expire()})
            case ("POST", "revoke"):
                return plain({"revoked": self._revoke(request.form())})
            case ("GET", "oauth"):
                return plain(self._state(request.origin))
        return plain({"error": f"there is no {request.method} {request.path}"}, 404)

    def _consent(self, form: dict[str, Any]) -> Reply:
        consent = self._oauth.consent
        auto, user = form.get("auto", consent.auto), form.get("user", consent.auto_user)
        if auto not in DECISIONS:
            raise ValueError(f"auto must be one of {', '.join(DECISIONS)}, not {auto!r}")
        if not isinstance(user, int) or user not in {known.number for known in USERS}:
            raise ValueError(f"user must be 0 to {len(USERS) - 1}, not {user!r}")
        consent.auto, consent.auto_user = auto, user
        return plain({"auto": auto, "user": user})

    def _self_client(self, request: Request) -> Reply:
        if "form" in request.headers.get("content-type", ""):
            return self._self_client_page(request)
        form = request.form()
        minutes, user = form.get("minutes", 3), form.get("user", 0)
        for name, value in (("minutes", minutes), ("user", user)):
            if not isinstance(value, int):
                raise ValueError(f"{name} must be a whole number, not {value!r}")  # noqa: TRY004 - told as one error
        code = self._oauth.consent.self_client_code(
            str(form.get("scope", "")), minutes, user=user, client=str(form.get("client_id", ""))
        )
        return plain({"code": code, "expires_in": minutes * 60})

    def _self_client_page(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        scope = form.get("scope", "")
        try:
            minutes = int(form.get("minutes", "3"))
            code = self._oauth.consent.self_client_code(scope, minutes)
        except ValueError as error:
            return pages.self_client(scope=scope, problem=str(error))
        return pages.self_client(scope=scope, code=code, minutes=minutes)

    def _now(self) -> int:
        return int(self._simulation.clock.now() * 1000)

    def _expire(self) -> int:
        now, grants = self._now(), self._simulation.grants
        count = len(grants.access_tokens(now))
        self._simulation.commit([grants.everything_ends(now)])
        return count

    def _revoke(self, form: dict[str, Any]) -> int:
        """Revoke one token, or every grant as if the person had removed the application."""
        if "token" in form:
            if not self._oauth.end(str(form["token"])):
                raise ValueError("there is no such token")
            return 1
        simulation = self._simulation
        living = dict.fromkeys(
            (*(key for key, _ in simulation.grants.known()), tokens.short(simulation.config.refresh_token))
        )
        simulation.commit([{"op": "revoke", "token": key} for key in living])
        return len(living)

    def _state(self, origin: str) -> dict[str, Any]:
        simulation = self._simulation
        config, grants, consent = simulation.config, simulation.grants, self._oauth.consent
        known = list(grants.known())
        return {
            "refresh_tokens": sum(grant is None or grant.refreshes for _, grant in known),
            "access_tokens": len(grants.access_tokens(self._now())),
            **{name: simulation.counts.sign_in[name] for name in _COUNTED},
            "auto": consent.auto,
            "user": consent.auto_user,
            "client_type": config.client_type,
            "redirect_uris": list(config.registered),
            "region": config.region,
            "accounts_server": regions.base(config, config.region, origin),
            "grants": [
                {
                    "client_id": grant.client,
                    "user": USERS[grant.user].mail,
                    "region": grant.region,
                    "scope": grant.scope,
                    "refreshes": grant.refreshes,
                }
                for _, grant in known
                if grant is not None
            ],
        }
