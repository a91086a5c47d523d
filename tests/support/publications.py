"""Jobs that are done and approved, with destinations and publications that are due, as the record has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.support.outcomes import ACCOUNT, Outcomes
from tests.support.platforms.parcels import PICTURE, VIDEO
from tests.support.servers import S3Access, s3_client
from tests.support.waiting import until

from headrace_contracts.destinations import parse_destination
from headrace_contracts.ids import new_id
from headrace_publisher.publish.notebook import Notebook
from headrace_store.postgres import Pool
from headrace_store.sealed import SiteKey

SITE_KEY = "a-site-key-for-tests-of-64-characters-or-so-it-only-has-to-be-32"
RESULT = {
    "title": "A river at dawn",
    "description": "Water, and a bridge.",
    "tags": ["water", "early morning"],
    "alt_text": "A bridge over a river",
}


@dataclass(frozen=True, kw_only=True)
class Publications:
    """Writes to one record and one bucket."""

    pool: Pool
    bucket: S3Access

    async def job(self, *, video: bytes = VIDEO, **columns: Any) -> UUID:
        """A staged and approved job with a video, a thumbnail and words."""
        job_id = new_id()
        folder = f"results/{job_id}"
        async with s3_client(self.bucket) as s3:
            await s3.put_object(Bucket=self.bucket.bucket, Key=f"{folder}/film.mp4", Body=video)
            await s3.put_object(Bucket=self.bucket.bucket, Key=f"{folder}/thumbnail.png", Body=PICTURE)
        extra = [
            {
                "key": f"{folder}/thumbnail.png",
                "name": "thumbnail.png",
                "mime": "image/png",
                "size": len(PICTURE),
            }
        ]
        fields: dict[str, Any] = {
            "state": "staged", "publishes": True, "staging": True, "approved_at": datetime.now(UTC), "export": False,
            "result": json.dumps(RESULT), "file_key": f"{folder}/film.mp4", "file_name": "film.mp4",
            "file_mime": "video/mp4", "file_size": len(video), "extra_files": json.dumps(extra),
        }  # fmt: skip
        await Outcomes(pool=self.pool).job(id=job_id, **(fields | columns))
        return job_id

    async def destination(
        self,
        platform: str,
        config: Mapping[str, Any],
        secret: Mapping[str, str] | None = None,
        *,
        key: str = SITE_KEY,
    ) -> UUID:
        """As the API makes it."""
        made = parse_destination(platform, config, secret, allow_loopback=True)
        destination_id = new_id()
        plain = made.secret_json()
        sealed = None if plain is None else SiteKey(key).destinations().seal(destination_id, plain)
        await self.pool.execute(
            "INSERT INTO destinations (id, account_id, name, platform, config, secret) VALUES ($1, $2, $3, $4, $5, $6)",
            destination_id, ACCOUNT, f"{platform}-{destination_id}", platform, made.config_json(), sealed,
        )  # fmt: skip
        return destination_id

    async def add(self, job_id: UUID, destination_id: UUID) -> UUID:
        """A publication that is due now."""
        publication_id = new_id()
        await self.pool.execute(
            "INSERT INTO publications (id, job_id, destination_id, state, next_attempt_at) "
            "VALUES ($1, $2, $3, 'pending', now())",
            publication_id, job_id, destination_id,
        )  # fmt: skip
        return publication_id

    async def row(self, publication_id: UUID) -> dict[str, Any]:
        found = await self.pool.fetchrow("SELECT * FROM publications WHERE id = $1", publication_id)
        assert found is not None
        return dict(found)

    async def ended(self, publication_id: UUID, state: str, *, timeout_s: float = 30.0) -> dict[str, Any]:
        """The row once it is in ``state``."""
        return await until(
            lambda: self.row(publication_id),
            lambda row: row["state"] == state,
            timeout_s=timeout_s,
            what=f"publication {state}",
        )

    async def told(self, publication_id: UUID, words: str, *, timeout_s: float = 20.0) -> dict[str, Any]:
        """The row once its error has ``words``."""
        return await until(
            lambda: self.row(publication_id),
            lambda row: words in (row["error"] or ""),
            timeout_s=timeout_s,
            what=f"an error with {words!r}",
        )

    async def session(self, publication_id: UUID) -> bytes:
        """What the platform left between two steps, opened."""
        sealed = (await self.row(publication_id))["session"]
        assert sealed is not None
        notes = Notebook(box=SiteKey(SITE_KEY).publications()).read(publication_id, sealed)
        assert notes.data is not None
        return notes.data
