"""What a person does about a cause: one sentence a kind of failure, the first that fits."""

from __future__ import annotations

import re
from typing import Final

from tsh_sync_gui.engine.letters.values import VALIDATION, Letter, LetterGroup

_BY_WORDS: Final[tuple[tuple[str, str], ...]] = (
    (r"needs (a|an) id\b", "Zoho sent a record without its id. Sync the list again; add the id only if you know it."),
    (r"needs (a|an) ", "Fill the field in Zoho and retry, or edit it here."),
    (r"too long|characters", "Shorten the value in Zoho and retry, or shorten it here."),
    (r"date|time stamp|stamp", "Correct the date in Zoho and retry, or write it here as 2026-11-22."),
    (r"cannot read|is no number|not a number", "Correct the value in Zoho and retry, or correct it here."),
    (r"database refuses", "Edit the value that the database names; if it is none, ask for help with this text."),
)
_BY_KIND: Final = {
    "authorisation": "Sign in to Zoho again, then retry all of this group.",
    "configuration": "Correct the setting that the reason names, then retry all of this group.",
    "confirmation": "Look at the run, approve or refuse it there, then retry.",
    "unreachable": "Zoho or the network did not answer. Retry one; when that succeeds, retry the rest carefully.",
    "transient": "Zoho had trouble. Retry one; when that succeeds, retry the rest carefully.",
    "rate_limited": "Zoho limited the calls. Retry carefully, or with a rate.",
    "quota": "The day's calls were used up. Retry after the reset.",
    "gone": "The record is no longer in Zoho. Retry to have it marked as deleted, or discard.",
    "absent": "This organization does not have that list. Discard, or choose the product that has it.",
    "schema": "The database or the program is of another version. Update, then retry.",
    "lost": "The program ended in mid-work. Retry.",
    "unexpected": "Retry one; when it fails again the same way, make a support bundle.",
}
_DEFAULT: Final = "Retry one; when it succeeds, retry the rest carefully."


def remedy(letter: Letter | LetterGroup) -> str:
    """Return what to do about *letter*, or about all of a group."""
    if letter.kind == VALIDATION:
        words = letter.reason if isinstance(letter, Letter) else letter.title
        fitting = (advice for pattern, advice in _BY_WORDS if re.search(pattern, words))
        return next(fitting, "Correct the record in Zoho and retry, or edit it here.")
    return _BY_KIND.get(letter.kind, _DEFAULT)
