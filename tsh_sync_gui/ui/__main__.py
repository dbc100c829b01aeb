"""`python -m tsh_sync_gui.ui` starts the window."""

from __future__ import annotations

import sys

from tsh_sync_gui.ui.app import main

if __name__ == "__main__":
    sys.exit(main())
