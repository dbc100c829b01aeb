"""`python -m tsh_sync_gui`: the command line; `python -m tsh_sync_gui window` is the window."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the arguments ask for."""
    if sys.argv[1:2] == ["window"]:
        # Only here may the window be imported: a terminal needs no Qt.
        from tsh_sync_gui.ui import app as window  # noqa: PLC0415

        return int(window.main(sys.argv[2:]) or 0)
    from tsh_sync_gui.cli import app as terminal  # noqa: PLC0415

    return terminal.main()


if __name__ == "__main__":
    sys.exit(main())
