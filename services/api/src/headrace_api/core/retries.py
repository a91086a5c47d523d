"""A final job once more: a new job with the same work, which names the one that it repeats."""

from __future__ import annotations

from uuid import UUID

import msgspec

from headrace_api.core.catalogue import Catalogue
from headrace_api.core.destinations import Destinations
from headrace_api.core.errors import WrongStateError
from headrace_api.core.jobs import JobDesk
from headrace_api.core.submit import Submissions, SubmitJob, SubmittedJob, checked_payload
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.retry import in_force


class Retries:
    def __init__(
        self, jobs: JobDesk, submissions: Submissions, destinations: Destinations, catalogue: Catalogue
    ) -> None:
        self._jobs = jobs
        self._submissions = submissions
        self._destinations = destinations
        self._catalogue = catalogue

    async def retry(
        self,
        job_id: UUID | None,
        account_id: UUID,
        *,
        dialect: str,
        trace: str | None,
        key: str | None,
        letter: bool = False,
    ) -> SubmittedJob:
        """Submit it anew, to run as soon as possible; what it is not to be published before stays.

        ``letter``: as a dead letter, of which there is one replay. Raises JobNotFoundError, WrongStateError (it has not
        ended), ValidationError (a destination is gone), and what ``Submissions.submit`` raises.
        """
        document = await self._jobs.document(job_id, account_id)
        job = document.job
        if not job.final:
            raise WrongStateError(job.state)
        names = [each.name for each in await self._jobs.publications(job)]
        places = await self._destinations.by_name(account_id, names, field="destinations")
        # Checked again: the catalogue may have changed since.
        model = self._catalogue.find(job.model)
        command = SubmitJob(
            id=new_id(),
            dialect=dialect,
            account_id=account_id,
            model=model,
            payload=checked_payload(model, msgspec.json.decode(document.payload)),
            priority=job.priority,
            input=job.input,
            webhook_url=job.webhook_url,
            trace=trace,
            platform=job.platform,
            pool=job.pool,
            timeout_s=job.timeout_s,
            staging=job.staging,
            destinations=[place.id for place in places],
            publish_at=job.publish_at if places else None,
            # What had its price has it again: the first one's came back if it failed.
            credits=job.credits,
            template_id=job.template_id,
            retry_of=job.id,
            retry=None if job.retry is None else in_force(job.retry, model.retry),
            queue_timeout_s=job.queue_timeout_s,
        )
        (made,) = await self._submissions.submit([command], key=key, letter=job.id if letter else None)
        return made
