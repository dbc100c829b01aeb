"""Pages asked for ahead, handed out in order."""

import asyncio

import pytest

from tsh_sync_gui.engine.fetching import InOrder


class Pages:
    def __init__(self):
        self.asked = []
        self.flying = 0
        self.most = 0

    async def __call__(self, page):
        self.asked.append(page)
        self.flying += 1
        self.most = max(self.most, self.flying)
        await asyncio.sleep(0.002 * (5 - page % 5))
        self.flying -= 1
        return page


async def taken(pages, number, **options):
    stream = InOrder(pages, 1, **options)
    got = []
    for _ in range(number):
        got.append(await stream.take())
        stream.release()
    await stream.close()
    return got


@pytest.mark.asyncio
async def test_answers_come_in_order_though_they_arrive_out_of_order():
    pages = Pages()

    assert await taken(pages, 12, ahead=5, keep=20, last=None) == list(range(1, 13))
    assert pages.most == 5


@pytest.mark.asyncio
async def test_one_at_a_time_never_asks_ahead():
    pages = Pages()
    stream = InOrder(pages, 1, ahead=1, keep=1, last=None)

    await stream.take()
    await asyncio.sleep(0.02)
    asked = list(pages.asked)
    await stream.close()

    assert asked == [1]


@pytest.mark.asyncio
async def test_a_known_end_is_not_asked_beyond():
    pages = Pages()
    stream = InOrder(pages, 1, ahead=5, keep=20, last=3)

    for _ in range(3):
        await stream.take()
    await asyncio.sleep(0.02)
    asked = list(pages.asked)
    await stream.close()

    assert asked == [1, 2, 3]


@pytest.mark.asyncio
async def test_more_than_the_known_end_is_asked_for_when_there_is_more():
    pages = Pages()
    stream = InOrder(pages, 1, ahead=5, keep=20, last=2)

    got = []
    for number in range(1, 5):
        got.append(await stream.take())
        stream.know_more(number)
        stream.release()
    await stream.close()

    assert got == [1, 2, 3, 4]


@pytest.mark.asyncio
async def test_a_failed_page_is_raised_where_it_stands():
    async def fetch(page):
        if page == 3:
            raise ValueError(page)
        return page

    stream = InOrder(fetch, 1, ahead=5, keep=20, last=None)

    assert [await stream.take(), await stream.take()] == [1, 2]
    with pytest.raises(ValueError, match="3"):
        await stream.take()
    await stream.close()
