"""Webhooks from outside: the control endpoints, and what of Zoho's own API is known (zoho-api.md 6)."""

import itertools
from typing import Any

from tsh_sync_gui.simulator import replies
from tsh_sync_gui.simulator.collection import ID_BASE, ID_SERIES, ID_STEP, Row
from tsh_sync_gui.simulator.replies import RefusedError, Reply, plain
from tsh_sync_gui.simulator.simulation import Request, Simulation
from tsh_sync_gui.simulator.webhooks import check_address

_FIRST_ID = ID_BASE + 95 * ID_SERIES
_MOST_ROWS = 1000
_STATES = ("waiting", "delivered", "failed", "dropped")


class WebhookControl:
    """Answers `/__sim/webhooks…`; raises ValueError saying what is wrong with a request."""

    NAMES = frozenset({"webhooks", "webhooks/mode", "webhooks/rule", "webhooks/deliveries"})

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def answer(self, request: Request, name: str) -> Reply:
        """Answer a control request by one of NAMES."""
        simulation = self._simulation
        match (request.method, name):
            case ("GET", "webhooks"):
                return plain(simulation.webhooks.as_json())
            case ("POST", "webhooks"):
                simulation.set_webhooks(request.form().get("webhooks", []))
                return plain(simulation.webhooks.as_json())
            case ("POST", "webhooks/mode"):
                simulation.set_webhook_mode(request.form())
                return plain({"mode": simulation.webhooks.as_json()["mode"]})
            case ("POST", "webhooks/rule"):
                return self._rule(request.form())
            case ("GET", "webhooks/deliveries"):
                return self._deliveries(request.params)
        return plain({"error": f"there is no {request.method} {request.path}"}, 404)

    def _rule(self, form: Row) -> Reply:
        """Let a rule refer to a webhook, or with no events let none do."""
        hooks = self._simulation.webhooks.hooks
        identifier = str(form.get("webhook_id", ""))
        if identifier not in hooks:
            raise ValueError(f"there is no webhook {identifier!r}")
        values = [
            hook.as_json(with_secret=True) | ({"events": form.get("events")} if hook.id == identifier else {})
            for hook in hooks.values()
        ]
        self._simulation.set_webhooks(values)
        return plain({"events": list(self._simulation.webhooks.hooks[identifier].events)})

    def _deliveries(self, params: dict[str, str]) -> Reply:
        state, webhook = params.get("state", ""), params.get("webhook", "")
        if state and state not in _STATES:
            raise ValueError(f"state must be one of {', '.join(_STATES)}, not {state!r}")
        page, size = (_number(params, name, default) for name, default in (("page", 1), ("per_page", 200)))
        size = min(size, _MOST_ROWS)
        wanted = (
            delivery
            for delivery in self._simulation.webhooks.history()
            if (not state or delivery.state == state) and (not webhook or delivery.webhook == webhook)
        )
        rows = list(itertools.islice(wanted, (page - 1) * size, page * size + 1))
        return plain({"deliveries": [row.as_json() for row in rows[:size]], "has_more_page": len(rows) > size})


def answer_api(simulation: Simulation, request: Request, rest: list[str], body: Row) -> Reply:
    """Answer `POST /settings/webhooks` and `DELETE /settings/webhooks/{id}`; raises RefusedError for Zoho's errors.

    What is made so goes for no event until a rule refers to it, which `/__sim/webhooks/rule` brings about.
    """
    hooks = simulation.webhooks.hooks
    values = [hook.as_json(with_secret=True) for hook in hooks.values()]
    if request.method == "POST" and not rest:
        made = _made(body, _free_id(hooks))
        simulation.set_webhooks([*values, made])
        return replies.success(201, "The webhook has been created.", webhook=_shown(made, body))
    if request.method == "DELETE" and len(rest) == 1:
        if rest[0] not in hooks:
            raise RefusedError(replies.missing("Webhook"))
        simulation.set_webhooks([value for value in values if value["id"] != rest[0]])
        return replies.success(message="The webhook has been deleted.")
    raise RefusedError(replies.wrong_address())


def _free_id(taken: Any) -> str:
    numbers = (str(_FIRST_ID + place * ID_STEP) for place in itertools.count())
    return next(number for number in numbers if number not in taken)


def _made(body: Row, identifier: str) -> Row:
    for name in ("webhook_name", "url", "entity"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise RefusedError(replies.invalid_value(name))
    method = str(body.get("method", "POST")).upper()
    if method not in {"POST", "PUT", "DELETE"}:
        raise RefusedError(replies.invalid_value("method"))
    try:
        check_address(body["url"])
    except ValueError as error:
        raise RefusedError(replies.error(400, 2, f"Invalid value passed for url: {error}")) from None
    content_type = str(body.get("body_type", ""))
    made: Row = {"id": identifier, "name": body["webhook_name"], "url": body["url"], "method": method, "events": []}
    if body.get("raw_data"):
        return made | {"form": "raw", "template": str(body["raw_data"]), "content_type": content_type}
    return made | {"form": "form" if content_type == "application/x-www-form-urlencoded" else "default"}


def _shown(made: Row, body: Row) -> Row:
    kept = ("webhook_name", "url", "entity", "method", "body_type", "raw_data")
    return {"webhook_id": made["id"], **{key: body[key] for key in kept if key in body}}


def _number(params: dict[str, str], name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ValueError(f"{name} must be a whole number of at least 1, not {text!r}")
    return int(text)
