"""`tsh-sync simulate`: a Zoho in a box on a local port, for trying things and for other programs' tests."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tsh_sync_gui.cli import options
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.core.errors import ConfigurationError

if TYPE_CHECKING:
    from tsh_sync_gui.simulator import SimulatorConfig


_Addresses = Annotated[
    list[str] | None,
    typer.Option(metavar="URL", help="Tell every change to this address on this machine; again for more."),
]
_Form = Annotated[str, typer.Option(help="Body of webhooks: default, event, form, form_json or raw.")]
_SecretFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Sign webhooks with the secret in this file.")]
_SecretVariable = Annotated[
    str | None, typer.Option(metavar="NAME", help="Sign webhooks with the secret in this environment variable.")
]
_Digest = Annotated[str, typer.Option(help="How a signature is written: hex or base64.")]
_SecretHeader = Annotated[
    str, typer.Option(metavar="NAME", help="Send the secret itself in this header, instead of a signature.")
]


def simulate(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8099,
    items: Annotated[int, typer.Option(min=0)] = 1250,
    customers: Annotated[int, typer.Option(min=0)] = 340,
    orders: Annotated[int, typer.Option(min=0)] = 2000,
    invoices: Annotated[int, typer.Option(min=0)] = 2000,
    per_minute: Annotated[int, typer.Option(min=1, max=1_000_000, help="Calls it allows in 60 seconds.")] = 100,
    per_day: Annotated[int, typer.Option(min=0, max=100_000_000, help="Calls it allows in a day.")] = 1000,
    faults: Annotated[str | None, typer.Option(help="Rules as JSON, or a file that holds them.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other data.")] = 1,
    state: Annotated[Path | None, typer.Option(help="Keep changes over restarts in this file.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take only the one set of credentials.")] = False,
    organizations: Annotated[
        int, typer.Option(min=1, max=1000, help="How many are listed; all but one are empty.")
    ] = 1,
    region: Annotated[str, typer.Option(metavar="LOCATION", help="Where the account lives: us, eu, in, au, …")] = "us",
    redirect: Annotated[
        list[str] | None, typer.Option(metavar="URI", help="A registered redirect URI, again for more; none: any.")
    ] = None,
    client_type: Annotated[str, typer.Option(help="server asks for the client secret, mobile for PKCE.")] = "server",
    webhook: _Addresses = None,
    webhook_form: _Form = "default",
    webhook_secret_file: _SecretFile = None,
    webhook_secret_env: _SecretVariable = None,
    webhook_digest: _Digest = "hex",
    webhook_secret_header: _SecretHeader = "",
    as_json: options.Json = False,
) -> int:
    """Serve a simulated Zoho (OAuth, Books, Inventory) until Ctrl+C."""
    from tsh_sync_gui.simulator import run

    given = {"form": webhook_form, "digest": webhook_digest, "secret_header": webhook_secret_header}
    config = _config(
        items=items,
        customers=customers,
        orders=orders,
        invoices=invoices,
        per_minute=per_minute,
        per_day=per_day,
        seed=seed,
        strict=strict,
        organizations=organizations,
        region=region,
        redirect_uris=tuple(redirect or ()),
        client_type=client_type,
        state_file=state,
        faults=_rules(faults),
        webhooks=_webhooks(webhook or [], given, _secret(webhook_secret_file, webhook_secret_env)),
    )
    try:
        run(config, port=port, on_ready=lambda url: _show(url, config, Output(as_json)))
    except OSError as error:
        raise ConfigurationError(
            f"Port {port} cannot be used", advice="Name another with --port; 0 takes a free one.", cause=str(error)
        ) from error
    return 0


def _show(url: str, config: SimulatorConfig, output: Output) -> None:
    """Say where the simulator answers, and how a client is pointed at it."""
    from tsh_sync_gui.simulator import ORGANIZATION_ID, base

    home = base(config, config.region, url)
    if output.as_json:
        output.document({"url": url, "accounts_url": home, "api_url": home, "organization_id": ORGANIZATION_ID})
        return
    output.show(f"A simulated Zoho answers at {url}; Ctrl+C ends it. For this program, and for others:\n")
    for line in _environment(home, ORGANIZATION_ID, config):
        output.show(f"  export {line}", markup=False)


def _secret(file: Path | None, variable: str | None) -> str:
    """Return the webhooks' secret from a file or the environment: an argument can be read by every process."""
    if file is not None and variable is not None:
        raise ConfigurationError(
            "--webhook-secret-file and --webhook-secret-env exclude each other", advice="Give one of them."
        )
    if file is not None:
        try:
            found = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"--webhook-secret-file cannot be read: {error}", advice="Name a text file that holds the secret."
            ) from error
    elif variable is not None:
        found = os.environ.get(variable, "").strip()
    else:
        return ""
    if not found:
        raise ConfigurationError("The webhooks' secret is empty", advice="Put 12 to 50 letters and digits there.")
    return found


def _webhooks(addresses: list[str], given: dict[str, str], secret: str) -> tuple[dict[str, Any], ...]:
    """Return a webhook for each address; ConfigurationError says which option cannot be."""
    from tsh_sync_gui.simulator.webhooks import Webhook

    values = tuple({"url": url, "secret": secret, **given} for url in addresses)
    try:
        for value in values:
            Webhook.of(value, "1")
    except ValueError as error:
        raise ConfigurationError(f"--webhook: {error}", advice="See tsh-sync simulate --help.") from error
    return values


def _config(**values: Any) -> SimulatorConfig:
    """Return the configuration; ConfigurationError names an option whose value is none of its choices."""
    from tsh_sync_gui.simulator import SimulatorConfig

    try:
        return SimulatorConfig(**values)
    except ValueError as error:
        name, _, rest = str(error).partition(" ")
        raise ConfigurationError(
            f"--{name.replace('_', '-')} {rest}", advice="See tsh-sync simulate --help."
        ) from error


def _environment(url: str, organization: str, config: SimulatorConfig) -> list[str]:
    """Return the settings that point a client at the simulator."""
    return [
        f"ZOHO_API_BASE_URL={url}",
        f"ZOHO_ACCOUNTS_URL={url}",
        f"ZOHO_ORGANIZATION_ID={organization}",
        f"ZOHO_CLIENT_ID={config.client_id}",
        f"ZOHO_CLIENT_SECRET={config.client_secret}",
        f"ZOHO_REFRESH_TOKEN={config.refresh_token}",
    ]


def _rules(text: str | None) -> tuple[dict[str, Any], ...]:
    """Return the faults' rules from JSON, or from the file that *text* names."""
    if text is None:
        return ()
    try:
        given = text if text.lstrip().startswith(("{", "[")) else Path(text).read_text(encoding="utf-8")
        found = json.loads(given)
        rules = found["rules"] if isinstance(found, dict) else found
        return tuple(dict(rule) for rule in rules)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"--faults cannot be read: {error}",
            advice='Give a file or JSON such as [{"path": "*/items", "kind": "500", "times": 1}].',
        ) from error
