"""Takes a publication through its steps as the runner does, with crashes where a test wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from headrace_publisher.platforms.platform import (
    Done,
    Failed,
    Outcome,
    PlatformPublisher,
    Publication,
    Session,
    Wait,
)
from headrace_publisher.publish.redact import Redactor
from headrace_publisher.publish.steps import Steps


@dataclass(kw_only=True)
class Drive:
    """``run`` goes on until something is final. A crash loses what a step left, or happens after it was saved."""

    platform: PlatformPublisher
    publication: Publication
    #: Is asked after each step, with its number: «the process dies before it saved».
    dies_unsaved: Callable[[int], bool] = lambda _step: False
    dies_saved: Callable[[int], bool] = lambda _step: False
    #: Called before each step with its number.
    before: Callable[[int], None] = lambda _step: None
    patience: int = 40
    outcomes: list[Outcome] = field(default_factory=list)
    #: What would be in the record.
    saved: bytes | None = None

    async def run(self) -> Done | Failed:
        """The end: done, or failed for good. What fails for a moment is tried again at once."""
        steps: Steps | None = None
        resumed = False
        for number in range(self.patience):
            self.before(number)
            steps = steps or self._attempt()
            outcome = await steps.take(self.saved, resumed=resumed)
            self.outcomes.append(outcome)
            resumed = False
            if self.dies_unsaved(number):
                steps, resumed = None, True
                continue
            match outcome:
                case Done():
                    return outcome
                case Failed(permanent=True):
                    return outcome
                case Session(data=data):
                    self.saved = data
                case Wait(session=session) | Failed(session=session):
                    self.saved = self.saved if session is None else session.data
                    steps, resumed = None, True
            if self.dies_saved(number):
                steps, resumed = None, True
        raise AssertionError(f"no end after {self.patience} steps: {self.outcomes[-3:]}")

    def _attempt(self) -> Steps:
        redactor = Redactor(self.publication.destination.secret)
        return Steps(
            platform=self.platform,
            publication=replace(self.publication, hide=redactor.hide),
            redactor=redactor,
        )

    def shown(self) -> str:
        """All that the record, the log or a person may get to see of it."""
        return "\n".join(repr(outcome) for outcome in self.outcomes)
