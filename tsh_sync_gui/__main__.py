"""`python -m tsh_sync_gui`: the command line; `python -m tsh_sync_gui window` is the window."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the arguments ask for."""
    if sys.argv[1:2] == ["window"]:
        # Only here may the window be imported: a terminal needs no Qt.
        from tsh_sync_gui.ui.app import main as window  # noqa: PLC0415

        return window(sys.argv[2:])
    from tsh_sync_gui.cli.app import main as terminal  # noqa: PLC0415

    return terminal()


if __name__ == "__main__":
    sys.exit(main())
