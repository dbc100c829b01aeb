"""Writes docs/settings.md from the declared settings: `python -m tests.architecture.settings_page`."""

from tests.architecture import tree
from tsh_sync_gui.core.settings import DECLARED, Declared

PAGE = tree.ROOT / "docs" / "settings.md"
HEAD = """# Settings

The command line goes before the environment, that before `.env` (in the working folder, then in the program's folder),
that before what is saved, that before the default. `tsh-sync config show` prints every value with its source;
`tsh-sync config set NAME VALUE` saves one.

*machine* settings are saved in `settings.toml` of the program's folder (`TSH_HOME`; `tsh-sync config path` prints it),
*shared* ones in the database, for all machines that use it. *secret* ones rest in the system's keychain, or in an
encrypted file that is made only when asked for (`tsh-sync config vault file`); they are typed or piped in, never given
on the command line. An address of a database without a password may be saved where there is neither.

Two more variables are read from the environment and `.env` only: `TSH_HOME`, the program's folder, and
`TSH_SECRET_KEY`, the passphrase of the encrypted file where nobody can type it.

`tsh-sync config export FILE` writes what is not the default, without secrets; with `--with-secrets` they are in it,
encrypted by a passphrase that is asked for. `tsh-sync config import FILE` checks such a file as a whole and takes it
over.

This page is made by `python -m tests.architecture.settings_page`; a test says when it is stale.

| setting | default | allowed | scope | meaning |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page's text."""
    return HEAD + "\n".join(map(_row, DECLARED)) + "\n"


def _row(one: Declared) -> str:
    default = f"`{one.default}`" if one.default else ""
    return f"| `{one.variable}` | {default} | {one.range} | {one.scope} | {one.title}. {one.help} |"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
