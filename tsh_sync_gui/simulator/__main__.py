"""`python -m tsh_sync_gui.simulator`: the simulator on its own."""

import argparse
import json
from dataclasses import fields
from pathlib import Path

from tsh_sync_gui.simulator.config import LOCATIONS, SimulatorConfig
from tsh_sync_gui.simulator.server import run

_SIZES = (
    *("items", "customers", "orders", "invoices", "payments", "credit_notes", "price_lists", "locations", "seed"),
    *("per_minute", "per_day", "concurrency", "token_seconds", "latency_ms", "token_refreshes", "code_seconds"),
    *("most_access_tokens", "most_refresh_tokens", "codes_per_client", "organizations"),
    *("webhook_tries", "webhook_gap_ms", "webhooks_per_day"),
)
_SWITCHES = (
    *("strict", "aligned_minutes", "no_rate_headers", "bulk_missing", "warehouses", "books_only", "inventory_only"),
)


def arguments() -> argparse.ArgumentParser:
    """Return the options, each named after a field of SimulatorConfig."""
    parser = argparse.ArgumentParser(prog="python -m tsh_sync_gui.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    defaults = {field.name: field.default for field in fields(SimulatorConfig)}
    for name in _SIZES:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=defaults[name], metavar="N")
    for name in _SWITCHES:
        parser.add_argument(f"--{name.replace('_', '-')}", action="store_true")
    parser.add_argument(
        "--faults", type=Path, metavar="FILE", help='JSON: {"rules": [{"path", "kind", "times", "after"}]}'
    )
    parser.add_argument("--webhooks", type=Path, metavar="FILE", help='JSON: {"webhooks": [{"url", "form", "secret"}]}')
    parser.add_argument("--region", default=defaults["region"], choices=LOCATIONS, help="where the account lives")
    parser.add_argument("--client-type", default=defaults["client_type"], choices=("server", "mobile"))
    parser.add_argument("--redirect", action="append", default=[], metavar="URI", help="a registered redirect URI")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep changes over restarts in this file")
    return parser


def main() -> None:
    """Serve until interrupted; the first line of output is the address."""
    options = arguments().parse_args()
    rules = json.loads(options.faults.read_text(encoding="utf-8"))["rules"] if options.faults else []
    hooks = json.loads(options.webhooks.read_text(encoding="utf-8"))["webhooks"] if options.webhooks else []
    values = {name: getattr(options, name) for name in (*_SIZES, *_SWITCHES)}
    config = SimulatorConfig(
        **values,
        region=options.region,
        client_type=options.client_type,
        redirect_uris=tuple(options.redirect),
        state_file=options.state,
        faults=tuple(rules),
        webhooks=tuple(hooks),
    )
    run(config, host=options.host, port=options.port, on_ready=lambda url: print(url, flush=True))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
