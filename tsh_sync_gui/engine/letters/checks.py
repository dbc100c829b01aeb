"""What is wrong with an edited text, by the same rules that refused the first one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import msgspec

from tsh_sync_gui.engine.letters.texts import compact
from tsh_sync_gui.engine.letters.values import Letter, Part, PayloadFault
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.ports import Batch, DetailBatch, Rejected

_MOST_DIGITS: Final = 1_000


def faults_of(letter: Letter, text: str, normalizer: Normalizer, *, now: datetime) -> tuple[PayloadFault, ...]:
    """Return what is wrong with *text* as the record of *letter*; none when it can be taken."""
    content, fault = _object(text)
    if fault is not None:
        return (fault,)
    key = normalizer.entity.pull.id
    found = content.get(key)
    if letter.record_id and str(found) != letter.record_id:
        reason = f"The id is {letter.record_id} and cannot be changed: an edit mends this record, and makes no other"
        return (PayloadFault(field=key, value=str(found), reason=reason, line=_line_of(text, key)),)
    rejected, is_row = read(letter.part, compact(text), normalizer, at=now)
    if rejected:
        return tuple(
            PayloadFault(field=one.field, value=one.value, reason=one.reason, line=_line_of(text, one.field))
            for one in rejected
        )
    if not is_row:
        return (PayloadFault(field="", value="", reason=f"This is not {_a(normalizer.entity.one)} as it stands here"),)
    return ()


def read(part: Part, payload: bytes, normalizer: Normalizer, *, at: datetime) -> tuple[list[Rejected], bool]:
    """Return why *payload* cannot be taken, and whether it gives a row."""
    batches = rendered(part, payload, normalizer, stored_raw=None, at=at)
    rejected = [one for batch in batches for one in batch.rejected]
    return rejected, any(batch.ids for batch in batches)


def rendered(
    part: Part, payload: bytes, normalizer: Normalizer, *, stored_raw: bytes | None, at: datetime
) -> tuple[Batch, DetailBatch] | tuple[Batch]:
    """Return the rows of *payload*: a list row's, or those of a record's detail over its *stored_raw* list row."""
    record = msgspec.Raw(payload)
    if part is Part.DETAIL:
        return normalizer.record(record, stored_raw=stored_raw, observed_at=at)
    return (normalizer.page([record], observed_at=at),)


def job_faults(text: str) -> tuple[PayloadFault, ...]:
    """Return what is wrong with the edited arguments of a job."""
    _, fault = _object(text)
    return () if fault is None else (fault,)


def _object(text: str) -> tuple[dict[str, Any], PayloadFault | None]:
    try:
        content = json.loads(text, parse_constant=_refused, parse_int=_whole)
        # What is stored is read by stricter rules.
        msgspec.json.decode(compact(text))
    except json.JSONDecodeError as error:
        reason = f"This is no JSON: {error.msg.lower()} in line {error.lineno}, column {error.colno}"
        return {}, PayloadFault(field="", value="", reason=reason, line=error.lineno)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        return {}, PayloadFault(field="", value="", reason="Half a character stands in the text", line=line)
    except ValueError as error:
        return {}, PayloadFault(field="", value="", reason=f"This is no JSON: {error}")
    except RecursionError:
        return {}, PayloadFault(field="", value="", reason="The text is nested too deeply")
    if not isinstance(content, dict):
        return {}, PayloadFault(field="", value=text[:100], reason="One record in braces is wanted", line=1)
    return content, None


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no value")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits")
    return int(digits)


def _line_of(text: str, field: str) -> int:
    """Return the line in which the key of *field* stands first, 0 when it does not."""
    place = text.find(f'"{field.rpartition(".")[2]}"') if field else -1
    return text.count("\n", 0, place) + 1 if place >= 0 else 0


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"
