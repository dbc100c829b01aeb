"""The pages a person sees while signing in: plain HTML without scripts."""

from collections.abc import Iterable, Mapping
from html import escape

from tsh_sync_gui.simulator.accounts import User
from tsh_sync_gui.simulator.replies import HTML_TYPE, Reply

_STYLE = """
:root { color-scheme: light dark; --ink: #1b2733; --soft: #5b6875; --line: #d5dce3; --card: #ffffff; --ground: #eef2f6;
  --accent: #1f6feb; --fault: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa7b4; --line: #3a4450; --card: #1c232b;
  --ground: #11161b; --accent: #4493f8; --fault: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2.5rem 1rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "DejaVu Sans", sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; }
.mark { margin: 0 0 1rem; color: var(--soft); font-size: .85rem; letter-spacing: .02em; }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.3; }
h1.fault { color: var(--fault); font-family: ui-monospace, Consolas, "DejaVu Sans Mono", monospace; }
h2 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
p { margin: .4rem 0; }
ul { margin: .25rem 0 0; padding-inline-start: 1.3rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 1.25rem 0 0; font-size: .9rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font-family: ui-monospace, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; overflow-wrap: anywhere; }
fieldset { margin: 1.25rem 0 0; padding: .25rem 1rem .75rem; border: 1px solid var(--line); border-radius: 8px; }
legend { padding: 0 .4rem; color: var(--soft); font-size: .9rem; }
label { display: block; padding: .4rem 0; }
label small { display: block; margin-inline-start: 1.6rem; color: var(--soft); }
input[type=text], select { width: 100%; padding: .5rem; font: inherit; border: 1px solid var(--line);
  border-radius: 6px; }
.buttons { display: flex; gap: .75rem; margin-top: 1.5rem; }
button { padding: .6rem 1.6rem; font: inherit; border-radius: 8px; border: 1px solid var(--line); cursor: pointer;
  background: transparent; color: inherit; }
button.first { background: var(--accent); border-color: var(--accent); color: #ffffff; }
@media (prefers-color-scheme: dark) { button.first { color: #0b1117; } }
button:focus-visible, input:focus-visible, select:focus-visible { outline: 3px solid var(--accent);
  outline-offset: 2px; }
"""


def consent(
    *,
    action: str,
    form: Mapping[str, str],
    client_name: str,
    scopes: Mapping[str, list[str]],
    users: Iterable[tuple[User, list[str]]],
    location: str,
) -> Reply:
    """Return the page that asks a person whether an application may."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in form.items()
        if name not in {"user", "decision"}
    )
    wanted = "".join(
        f"<h2>{escape(title)}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
        for title, lines in scopes.items()
    )
    people = "".join(
        f'<label><input type="radio" name="user" id="user-{user.number}" value="{user.number}"'
        f"{' checked' if user.number == 0 else ''}> {escape(user.name)} &lt;{escape(user.mail)}&gt;"
        f"<small>{escape(' · '.join(names))}</small></label>"
        for user, names in users
    )
    offline = form.get("access_type") == "offline"
    return _page(
        "Allow access?",
        f"<h1>{escape(client_name)} would like to access your Zoho data</h1>{wanted}"
        f'<form method="post" action="{escape(action)}">{hidden}'
        f"<fieldset><legend>Signed in as</legend>{people}</fieldset>"
        f"<dl><dt>Client id</dt><dd><code>{escape(form['client_id'])}</code></dd>"
        f"<dt>Data centre</dt><dd>{escape(location.upper())}</dd>"
        f"<dt>Access</dt><dd>{'also while you are away' if offline else 'for one hour'}</dd>"
        f"<dt>Leads back to</dt><dd><code>{escape(form['redirect_uri'])}</code></dd></dl>"
        '<div class="buttons"><button class="first" id="accept" name="decision" value="allow">Accept</button>'
        '<button id="deny" name="decision" value="deny">Deny</button></div></form>',
    )


def refused(error: str, words: str, listed: Iterable[str] = ()) -> Reply:
    """Return the page that ends a consent; the browser is not led back."""
    items = "".join(f"<li><code>{escape(line)}</code></li>" for line in listed)
    body = f'<h1 class="fault">{escape(error)}</h1><p>{escape(words)}</p>{f"<ul>{items}</ul>" if items else ""}'
    return _page("Error", body, 400)


def self_client(*, scope: str, code: str = "", minutes: int = 3, problem: str = "") -> Reply:
    """Return the page of the API console that makes a code for a self client."""
    made = (
        f'<dl><dt>Code</dt><dd><code id="code">{escape(code)}</code></dd>'
        f"<dt>Valid for</dt><dd>{minutes} minutes, once</dd></dl>"
        if code
        else ""
    )
    times = "".join(
        f"<option value='{number}'{' selected' if number == minutes else ''}>{number} minutes</option>"
        for number in range(3, 11)
    )
    body = (
        "<h1>Self Client: generate code</h1>"
        f'{f"<p><strong>{escape(problem)}</strong></p>" if problem else ""}<form method="post" action="self_client">'
        f'<label>Scope<input type="text" name="scope" id="scope" value="{escape(scope)}"></label>'
        f'<label>Time duration<select name="minutes" id="minutes">{times}</select></label>'
        f'<div class="buttons"><button class="first" id="create">Create</button></div></form>{made}'
    )
    return _page("API console", body, 400 if problem else 200)


def _page(title: str, body: str, status: int = 200) -> Reply:
    text = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} – simulated Zoho</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<style>{_STYLE}</style></head><body><main><p class="mark">Simulated Zoho Accounts: not the real one</p>'
        f"{body}</main></body></html>"
    )
    return Reply(text.encode(), status, HTML_TYPE, [(b"Cache-Control", b"no-store"), (b"X-Frame-Options", b"DENY")])
