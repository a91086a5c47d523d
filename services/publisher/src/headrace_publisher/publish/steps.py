"""One step of a platform, and whatever goes wrong in it as an outcome."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass, replace

from headrace_publisher.platforms.platform import (
    Failed,
    Outcome,
    PlatformPublisher,
    Publication,
    Session,
    SessionError,
    StepEnd,
)
from headrace_publisher.publish.redact import Redactor
from headrace_publisher.web.feed import ShortSourceError
from headrace_store.blobs.errors import BlobError, BlobNotFoundError

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """Never raises but for cancellation, and no reason of an outcome shows a secret."""

    platform: PlatformPublisher
    publication: Publication
    redactor: Redactor

    async def take(self, data: bytes | None, *, resumed: bool) -> Outcome:
        """``data``: the session, None for the first step."""
        outcome = await self._take(data, resumed=resumed)
        if isinstance(outcome, Failed):
            return replace(outcome, reason=self.redactor.clean(outcome.reason))
        return outcome

    async def _take(self, data: bytes | None, *, resumed: bool) -> Outcome:
        try:
            if data is not None:
                try:
                    return await self.platform.step(self.publication, Session(data=data), resumed=resumed)
                except SessionError:
                    log.warning(
                        "a saved session is not understood, the publication starts over",
                        extra={"action": "publication.session.dropped"},
                    )
            return await self.platform.start(self.publication)
        except StepEnd as end:
            return end.outcome
        except BlobNotFoundError:
            return Failed(reason="a file of the result is not in the store any more", permanent=True)
        except ShortSourceError as error:
            return Failed(reason=str(error), permanent=True)
        except BlobError as error:
            return Failed(reason=f"the store of the results: {error}", permanent=False)
        except Exception as error:  # noqa: BLE001 - whatever a platform's answer broke, its traceback is cleaned here
            log.error(  # noqa: TRY400 - logging.exception would write the traceback as it is
                "a step failed: %s",
                self.redactor.clean_lines(traceback.format_exc()),
                extra={"action": "publication.step.error"},
            )
            return Failed(
                reason=f"the step failed inside the publisher ({type(error).__name__})", permanent=False
            )
