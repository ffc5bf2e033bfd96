"""kill -9 by the dice: which process, and when. The same seed kills in the same order."""

import random
import threading
import time
from collections.abc import Callable, Iterable

from tests.services.stack import Stack

Killing = Callable[[], None]


class Killer(threading.Thread):
    """Goes once through a shuffled list of names; ``told`` are its lines, with seconds since the start."""

    def __init__(self, stack: Stack, names: Iterable[str], *, seed: int, pauses: tuple[float, float]) -> None:
        super().__init__(name="killer")
        self.stack, self.pauses, self.dice = stack, pauses, random.Random(seed)
        self.names = list(names)
        self.dice.shuffle(self.names)
        self.told: list[str] = []
        self.problem: BaseException | None = None
        self.after: dict[str, Killing] = {}  # what is done once the process is up again
        self.may_go_on: Callable[[], bool] = lambda: True

    def run(self) -> None:
        begun = time.monotonic()
        try:
            for name in self.names:
                time.sleep(self.dice.uniform(*self.pauses))
                if not self.may_go_on():
                    return
                at = time.monotonic() - begun
                self._kill(name)
                self.told.append(f"{at:6.1f} s  {name:<10} back after {time.monotonic() - begun - at:.1f} s")
        except BaseException as problem:
            self.problem = problem

    def _kill(self, name: str) -> None:
        if name == "web child":  # gunicorn's own parent has to notice
            self.stack.killed[name] += self.stack.parts["web"].kill_child(self.dice)
            return
        self.stack.kill(name)
        if name in self.after:
            self.after[name]()

    def report(self) -> str:
        return "\n".join(
            [
                *self.told,
                "killed -9: " + ", ".join(f"{name} {n} times" for name, n in sorted(self.stack.killed.items())),
            ]
        )
