"""`python -m tsh_sync_gui`: the command line; `python -m tsh_sync_gui window` is the window."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main() -> int:
    """Run what the arguments ask for."""
    if sys.argv[1:2] == ["window"]:
        return window(sys.argv[2:])
    from tsh_sync_gui.cli.app import main as terminal  # noqa: PLC0415

    return terminal()


def window(argv: Sequence[str] | None = None) -> int:
    """Show the window; where the system lacks what Qt needs, say so instead."""
    try:
        # Only here may the window be imported: a terminal needs no Qt.
        from tsh_sync_gui.ui.app import main as shown  # noqa: PLC0415
    except ImportError as error:
        if not str(error).startswith("lib"):
            raise
        missing = str(error).partition(":")[0]
        sys.stderr.write(
            f"The window needs {missing}, which is not on this system: install it (Debian, Ubuntu: apt-get install"
            " libegl1 libgl1 libxkbcommon0 libdbus-1-3), or use `tsh-sync` in this terminal.\n"
        )
        return 1
    return shown(argv)


if __name__ == "__main__":
    sys.exit(main())
