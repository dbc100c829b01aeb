"""The control endpoints below `/__sim`: for tests and people, never counted as calls."""

from dataclasses import asdict
from typing import Any

from tsh_sync_gui.simulator.config import CHANGEABLE, reconfigured
from tsh_sync_gui.simulator.oauth import OAuth
from tsh_sync_gui.simulator.replies import Reply, plain
from tsh_sync_gui.simulator.sign_ins import SignIns
from tsh_sync_gui.simulator.simulation import Request, Simulation
from tsh_sync_gui.simulator.table import Table
from tsh_sync_gui.simulator.webhooks_control import WebhookControl


class Control:
    """Looks into the simulation and changes it."""

    def __init__(self, simulation: Simulation, oauth: OAuth) -> None:
        self._simulation = simulation
        self._sign_ins = SignIns(simulation, oauth)
        self._webhooks = WebhookControl(simulation)

    def answer(self, request: Request) -> Reply:
        """Answer a request below `/__sim`; what is wrong with it is said with status 400."""
        name = request.path.removeprefix("/__sim/")
        try:
            match (request.method, name):
                case ("GET", "requests"):
                    return plain(self._simulation.counts.as_json())
                case ("POST", "reset"):
                    self._simulation.reset()
                    return plain({"reset": True})
                case ("POST", "change"):
                    return plain({"ids": self._change(request)})
                case ("POST", "create"):
                    return plain(
                        {"ids": self._simulation.create(self._table(request), _count(request), request.form())}
                    )
                case ("POST", "delete"):
                    return plain({"ids": self._delete(request)})
                case ("GET", "ids"):
                    return plain({"ids": self._ids(request)})
                case ("GET", "record"):
                    return self._record(request)
                case ("POST", "faults"):
                    self._simulation.faults.set(request.form().get("rules", []))
                    return plain({"rules": len(self._simulation.faults.rules)})
                case ("POST", "clock"):
                    return self._clock(request)
                case ("POST", "config"):
                    self._simulation.config = reconfigured(self._simulation.config, request.form())
                    self._simulation.world.config = self._simulation.config
                    return self._config()
                case ("GET", "config"):
                    return self._config()
                case (_, known) if known in SignIns.NAMES:
                    return self._sign_ins.answer(request, known)
                case (_, known) if known in WebhookControl.NAMES:
                    return self._webhooks.answer(request, known)
        except ValueError as error:
            return plain({"error": str(error)}, 400)
        return plain({"error": f"there is no {request.method} {request.path}"}, 404)

    def _config(self) -> Reply:
        values = asdict(self._simulation.config)
        return plain({name: values[name] for name in sorted(CHANGEABLE)})

    def _table(self, request: Request) -> Table:
        name = request.params.get("entity", "")
        table = self._simulation.tables.get(name)
        if table is None:
            raise ValueError(f"entity must be one of {', '.join(self._simulation.tables)}, not {name!r}")
        return table

    def _change(self, request: Request) -> list[str]:
        table = self._table(request)
        what = request.params.get("what", "")
        known = {**table.collection.quiet_changes, **table.collection.loud_changes}
        if what and what not in known:
            raise ValueError(
                f"what must be one of {', '.join(known) or 'nothing'} for {table.collection.name}, not {what!r}"
            )
        if "id" not in request.params:
            return self._simulation.change(table, _count(request), what)
        index = table.find(request.params["id"])
        if index is None:
            raise ValueError(f"{table.collection.name} holds no {request.params['id']}")
        self._simulation.update(table, index, request.form() or table.collection.change(table.row(index), 0))
        return [request.params["id"]]

    def _delete(self, request: Request) -> list[str]:
        table = self._table(request)
        if "id" not in request.params:
            return self._simulation.delete(table, table.choose(_count(request)))
        index = table.find(request.params["id"])
        if index is None:
            raise ValueError(f"{table.collection.name} holds no {request.params['id']}")
        return self._simulation.delete(table, [index])

    def _ids(self, request: Request) -> list[str]:
        table = self._table(request)
        return sorted(table.collection.id_of(index) for index in table.control_indexes())

    def _record(self, request: Request) -> Reply:
        table = self._table(request)
        index = table.find(request.params.get("id", ""))
        if index is None:
            return plain({"error": f"{table.collection.name} holds no {request.params.get('id', '')!r}"}, 404)
        return plain(table.detail(index))

    def _clock(self, request: Request) -> Reply:
        seconds: Any = request.form().get("advance_seconds", 0)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise ValueError(f"advance_seconds must be a number of at least 0, not {seconds!r}")
        self._simulation.advance(seconds)
        return plain({"now": self._simulation.clock.now()})


def _count(request: Request) -> int:
    text = request.params.get("count", "1")
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"count must be a whole number, not {text!r}")
    return int(text)
