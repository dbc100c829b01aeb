"""An edit: checked, written down, carried out once, and told by what really became of it."""

from __future__ import annotations

import uuid
from typing import Final

from tsh_sync_gui.core.errors import ConfigurationError, RecordRejectedError, SyncError, UnreachableError
from tsh_sync_gui.core.log import redact
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.letters.checks import faults_of, job_faults, rendered
from tsh_sync_gui.engine.letters.texts import compact
from tsh_sync_gui.engine.letters.trying import Ended, Trying
from tsh_sync_gui.engine.letters.values import TRIGGER, EditOutcome, Letter, LetterState, Part, PayloadFault
from tsh_sync_gui.engine.ports.letters import LetterDeeds, Letters
from tsh_sync_gui.engine.single_runs import open_run, store_in
from tsh_sync_gui.engine.syncing import Parts

LOCK_SECONDS: Final = 900.0
_CARRYING_OUT_SECONDS: Final = 300.0


class Edits:
    """Mends letters by hand. The refused text stays as it was; the edited one stands in the history."""

    def __init__(self, parts: Parts, *, letters: Letters, deeds: LetterDeeds, trying: Trying) -> None:
        self._parts = parts
        self._letters = letters
        self._deeds = deeds
        self._trying = trying

    def check(self, letter: Letter, text: str) -> tuple[PayloadFault, ...]:
        """Return what is wrong with *text*, none when it can be taken; ConfigurationError for what has no text."""
        if letter.part is Part.DELIVERY:
            raise ConfigurationError(
                "A delivery's text is Zoho's and is not edited", advice="Retry it: the record is fetched."
            )
        if letter.part is Part.JOB:
            return job_faults(text)
        normalizer = self._parts.normalizers.get(letter.entity)
        if normalizer is None:
            raise ConfigurationError(
                f"This program knows no “{letter.entity}”", advice="Update it, or discard the letter."
            )
        return faults_of(letter, text, normalizer, now=self._parts.clock.now())

    async def edit_and_retry(
        self, letter: str, text: str, *, by: str, key: str, made_from: bytes | None = None
    ) -> EditOutcome:
        """Take *text* in place of the refused one, once for each *key* (any id of this press of the button).

        Raises ConfigurationError when the letter is not open, another person edits it, it is being tried, the key was
        used, or the refused text is not *made_from* any more.
        """
        found = await self._open(letter, by=by)
        if faults := self.check(found, text):
            return EditOutcome(
                is_mended=False, letter=found, faults=faults, title=faults[0].reason, advice="Nothing was changed."
            )
        async with self._deeds.hold([letter]) as held:
            if letter not in held:
                raise ConfigurationError(
                    "This letter is being tried now", advice="Wait a moment, and look what became of it."
                )
            # Again: until it was held another try may have ended.
            found = await self._open(letter, by=by)
            if made_from is not None and made_from != await self._letters.payload(letter):
                raise ConfigurationError(
                    "Zoho has sent another text of this record meanwhile, which was refused, too",
                    advice="Open the letter again, and edit what stands there now.",
                )
            return await self._held(found, text, by=by, key=key or uuid.uuid4().hex)

    async def _open(self, letter: str, *, by: str) -> Letter:
        """Return *letter* if it is open and nobody but *by* edits it."""
        known = await self._letters.letters([letter])
        if not known:
            raise unknown(letter)
        found = known[0]
        if found.state is not LetterState.OPEN:
            raise ConfigurationError(
                f"The letter is {found.state.value} already", advice="Open it again to see what became of it."
            )
        if found.locked_by not in {"", by}:
            raise busy(found, by)
        return found

    async def _held(self, letter: Letter, text: str, *, by: str, key: str) -> EditOutcome:
        """Carry the edit out: nobody else tries the letter now."""
        if not await self._deeds.lock(letter.id, by=by, seconds=_CARRYING_OUT_SECONDS):
            raise busy(letter, by)
        try:
            if not await self._deeds.keep_edit(letter.id, by=by, key=key, payload=text.encode()):
                raise ConfigurationError("This edit was carried out already", advice="Open the letter again.")
            return await self._carried_out(letter, text, key=key)
        finally:
            # What the person has open in an editor stays theirs.
            if not letter.locked_by:
                await self._deeds.unlock(letter.id, by=by)

    async def _carried_out(self, letter: Letter, text: str, *, key: str) -> EditOutcome:
        try:
            run, title, advice, kind = await self._done(letter, compact(text))
        except UnreachableError as error:
            await self._deeds.edited(letter.id, key=key, words=f"failed: {error.title}", run="")
            raise
        except SyncError as error:
            run, title, advice, kind = "", redact(error.title), redact(error.advice), error.kind
        (now,) = await self._letters.letters([letter.id])
        is_mended = not title and now.state is LetterState.RESOLVED
        if not is_mended and not title:
            title, advice, kind = now.reason, "The letter holds the new reason.", now.kind
        await self._deeds.edited(letter.id, key=key, words="succeeded" if is_mended else f"failed: {title}", run=run)
        if is_mended:
            return EditOutcome(is_mended=True, letter=now, run_id=run)
        # Only what this very edit left there: a text that Zoho has sent meanwhile is nothing the person has seen.
        refused = await self._letters.payload(letter.id) if run and now.run_id == run else b""
        return EditOutcome(
            is_mended=False, letter=now, run_id=run, title=title, advice=advice, kind=kind, refused=refused
        )

    async def _done(self, letter: Letter, payload: bytes) -> tuple[str, str, str, str]:
        """Carry the edit out; returns the run, and title, advice and kind of what stood in the way."""
        if letter.part is Part.JOB:
            tried = await self._trying.job(letter, payload, Lane.PERSON)
            return tried.run_id, "" if tried.ended is Ended.SUCCEEDED else tried.words, tried.advice, tried.kind
        normalizer = self._parts.normalizers[letter.entity]
        raw = await self._parts.mirror.raw(normalizer.entity, letter.record_id) if letter.record_id else None
        # As if it had come when the refused text came: what Zoho has sent since is newer and stays.
        batches = rendered(letter.part, payload, normalizer, stored_raw=raw, at=letter.last_seen_at)
        refused = next((one for batch in batches for one in batch.rejected), None)
        if refused is not None:
            return "", refused.reason, "Nothing was changed.", RecordRejectedError.kind
        async with open_run(self._parts, normalizer.entity, trigger=TRIGGER, calls=0) as begun:
            run = await store_in(self._parts, begun, batches[:1], batches[1:])
        if not run.counts.failed:
            await self._deeds.resolve([letter.id], run=run.id)
        return run.id, "", "", ""


def unknown(letter: str) -> ConfigurationError:
    """Return the error for a letter that there is not."""
    return ConfigurationError(f"There is no dead letter “{letter}”", advice="`tsh-sync dead-letters list` shows them.")


def busy(letter: Letter, by: str) -> ConfigurationError:
    """Return the error for a letter that somebody else has, or that is open no more."""
    who = letter.locked_by if letter.locked_by and letter.locked_by != by else "Somebody"
    return ConfigurationError(f"{who} edits this letter now", advice="Wait until it is let go, or look at it again.")
