"""The spool: what it acknowledges is on the disk, in order, whatever dies."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.ports.inbox import Arrival, Change, Delivery, Hint, Verdict
from tsh_sync_gui.listener.spool import Spool, SpoolFullError

pytestmark = pytest.mark.asyncio


def arrival(number, body=b"{}"):
    return Arrival(
        key=f"key-{number}",
        received_at=datetime(2026, 11, 22, 10, tzinfo=UTC),
        delivery=Delivery(address="/a", body=body, query=(("a", "ب"),), headers={"x": "y"}, source="127.0.0.1"),
        verdict=Verdict.ACCEPTED,
        hint=Hint(entity="things", record_id=str(number), change=Change.UPDATED, modified_at=datetime.now(UTC)),
        scheme="hex",
        diagnosis={"a": [1, None]},
    )


class Taken(list):
    async def __call__(self, arrivals):
        self.extend(arrivals)


async def filled(folder, number=3):
    spool = Spool(folder)
    spool.open()
    for one in range(number):
        await spool.keep(arrival(one))
    return spool


async def test_what_was_kept_comes_out_whole_and_in_order(tmp_path):
    spool = await filled(tmp_path / "spool", 600)
    taken = Taken()

    number = await spool.drain(taken)

    assert number == 600
    assert [one.key for one in taken] == [f"key-{one}" for one in range(600)]
    assert taken[7].delivery == arrival(7).delivery
    assert taken[7].hint.change is Change.UPDATED
    assert (spool.waiting, spool.size) == (0, 0)
    assert list((tmp_path / "spool").iterdir()) == []


async def test_another_listener_takes_over_what_a_killed_one_left(tmp_path):
    spool = await filled(tmp_path)
    for segment in spool._segments:  # a kill closes what was open, and nothing else
        segment.lock.release()

    heir, taken = Spool(tmp_path), Taken()
    heir.open()

    assert heir.waiting == 3
    assert await heir.drain(taken) == 3


async def test_a_living_listeners_spool_is_left_alone(tmp_path):
    spool = await filled(tmp_path)
    other = Spool(tmp_path)

    other.open()

    assert other.waiting == 0
    assert spool.waiting == 3


async def test_what_a_kill_left_half_written_is_passed_over(tmp_path):
    spool = await filled(tmp_path)
    (path,) = (segment.path for segment in spool._segments)
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    await spool.close()

    heir, taken = Spool(tmp_path), Taken()
    heir.open()
    await heir.drain(taken)

    assert [one.key for one in taken] == ["key-0", "key-1"]


async def test_a_spoilt_delivery_takes_none_behind_it_along_and_its_file_stays(tmp_path):
    spool = await filled(tmp_path)
    (path,) = (segment.path for segment in spool._segments)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3 + 2] ^= 0xFF  # the length of the second frame
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    taken = Taken()

    await spool.drain(taken)

    assert [one.key for one in taken] == ["key-0", "key-2"]
    assert list(tmp_path.iterdir()) == [path.with_suffix(".bad")]
    assert (spool.waiting, spool.size) == (0, 0)


async def test_a_delivery_of_another_version_is_passed_over_and_its_file_stays(tmp_path, monkeypatch):
    spool, taken = Spool(tmp_path), Taken()
    spool.open()
    for number in range(3):
        with monkeypatch.context() as patch:
            if number == 1:
                patch.setattr("tsh_sync_gui.listener.spool._encode", lambda _: msgspec.msgpack.encode({"key": 1}))
            await spool.keep(arrival(number))

    await spool.drain(taken)

    assert [one.key for one in taken] == ["key-0", "key-2"]
    assert len(list(tmp_path.glob("*.bad"))) == 1


async def test_what_could_not_be_handed_over_stays(tmp_path):
    spool = await filled(tmp_path)

    async def away(_arrivals):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await spool.drain(away)
    await spool.keep(arrival(3))
    taken = Taken()
    await spool.drain(taken)

    assert [one.key for one in taken] == ["key-0", "key-1", "key-2", "key-3"]


async def test_what_comes_in_while_it_is_emptied_goes_behind(tmp_path):
    spool = await filled(tmp_path)
    taken = []

    async def take(arrivals):
        if not taken:
            await spool.keep(arrival(9))
        taken.extend(one.key for one in arrivals)

    assert await spool.drain(take) == 4
    assert taken == ["key-0", "key-1", "key-2", "key-9"]


async def test_what_is_being_written_while_it_is_emptied_is_not_forgotten(tmp_path, monkeypatch):
    spool, taken = await filled(tmp_path, 1), Taken()
    opened = Path.open

    async def ahead(call, *given):
        running = asyncio.get_running_loop().run_in_executor(None, call, *given)
        time.sleep(0.001)  # noqa: ASYNC251 -- so that the thread is before the loop
        return await running

    def slow(path, mode="r", **options):
        if mode == "r+b":
            time.sleep(0.003)
        return opened(path, mode, **options)

    monkeypatch.setattr(asyncio, "to_thread", ahead)
    monkeypatch.setattr(Path, "open", slow)

    async def send():
        for number in range(1, 12):
            await spool.keep(arrival(number))

    sending = asyncio.create_task(send())
    while not sending.done():
        await spool.drain(taken)
        await asyncio.sleep(0)
    await sending
    await spool.drain(taken)

    assert [one.key for one in taken] == [f"key-{number}" for number in range(12)]
    assert list(tmp_path.iterdir()) == []


async def test_it_is_bounded(tmp_path):
    spool = Spool(tmp_path, most_bytes=3_000)
    spool.open()

    results = await asyncio.gather(
        *(spool.keep(arrival(one, body=b"x" * 900)) for one in range(5)), return_exceptions=True
    )

    assert sum(result is None for result in results) == 2
    assert all(isinstance(result, SpoolFullError) for result in results if result is not None)
    assert spool.waiting == 2


async def test_many_at_once_share_a_write(tmp_path, monkeypatch):
    spool = Spool(tmp_path)
    spool.open()
    writes = []
    append = spool._append
    monkeypatch.setattr(spool, "_append", lambda frames, number: (writes.append(number), append(frames, number)))

    await asyncio.gather(*(spool.keep(arrival(one)) for one in range(100)))

    assert sum(writes) == 100
    assert len(writes) <= 2


async def test_a_disk_that_refuses_is_told_and_the_next_delivery_finds_another_file(tmp_path, monkeypatch):
    spool = await filled(tmp_path, 1)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tsh_sync_gui.listener.spool.os.fsync", full)
        for _ in range(5):
            with pytest.raises(SpoolFullError):
                await spool.keep(arrival(1))
        assert len(list(tmp_path.glob("*.lock"))) == 1  # of the first one, which holds a delivery
    await spool.keep(arrival(2))
    taken = Taken()
    await spool.drain(taken)

    assert [one.key for one in taken if one.key != "key-1"] == ["key-0", "key-2"]


async def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "spool").write_text("a file in its place")

    with pytest.raises(ConfigurationError, match="spool"):
        Spool(tmp_path / "spool").open()
