"""The one worker thread."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from cds.hooks.worker import Worker
from tests.cds.hooks.support import RecordingServer, serving


def test_closing_waits_for_work_begun_and_refuses_more() -> None:
    """Else the database is closed while the last record is being written."""
    worker = Worker()
    done: list[str] = []

    def work() -> None:
        time.sleep(0.1)
        done.append("written")

    async def begin_and_close() -> None:
        task = asyncio.create_task(worker.run(work))
        await asyncio.sleep(0)
        worker.close()
        assert done == ["written"]
        await task
        with pytest.raises(RuntimeError):
            await worker.run(work)

    asyncio.run(begin_and_close())


def test_a_failure_is_passed_on_and_frees_its_place() -> None:
    worker = Worker()

    def fail() -> None:
        raise KeyError

    async def fail_often() -> None:
        for _ in range(200):
            with pytest.raises(KeyError):
                await worker.run(fail)

    asyncio.run(fail_often())
    worker.close()


def test_the_service_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    with serving(RecordingServer()) as service:
        service.post({})
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) <= before
