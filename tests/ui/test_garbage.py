from __future__ import annotations

import gc
import threading
import weakref

from pytestqt.qtbot import QtBot

from cnnstudio.ui.app import INTERVAL, Garbage


class Knot:
    """What Python cannot free by counting."""

    def __init__(self) -> None:
        self.me = self


def test_no_other_thread_collects_and_the_window_s_does(qtbot: QtBot) -> None:
    gc.enable()
    garbage = Garbage()
    knot = Knot()
    freed_on: list[threading.Thread] = []
    weakref.finalize(knot, lambda: freed_on.append(threading.current_thread()))
    del knot
    worker = threading.Thread(target=lambda: [Knot() for _ in range(50_000)])
    worker.start()
    worker.join()
    assert freed_on == []
    qtbot.waitUntil(lambda: bool(freed_on), timeout=20 * INTERVAL)
    assert freed_on == [threading.main_thread()]
    garbage.close()
    assert gc.isenabled()


def test_old_garbage_is_collected_when_it_is_due() -> None:
    garbage = Garbage()
    before = gc.get_stats()[2]["collections"]
    for _ in range(gc.get_threshold()[1] * (gc.get_threshold()[2] + 2) * 2):
        kept = [[] for _ in range(2 * gc.get_threshold()[0])]
        garbage.collect()
        del kept
    assert gc.get_stats()[2]["collections"] > before
    garbage.close()


def test_what_is_set_apart_is_not_looked_at_again_until_the_end() -> None:
    garbage = Garbage()
    garbage.set_apart()
    assert gc.get_freeze_count() > 10_000
    garbage.close()
    assert gc.get_freeze_count() == 0
