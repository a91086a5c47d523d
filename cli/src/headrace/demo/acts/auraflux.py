"""auraflux: a film is produced, reviewed, approved, and published to two places."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import aiohttp

from headrace.demo.acts.ids import job_uuid
from headrace.demo.acts.speaker import Speaker, until
from headrace.demo.acts.stage import WITHIN_S, Stage
from headrace.demo.client import ApiError
from headrace.demo.findings import Finding
from headrace.demo.mastodon import Mastodon, mastodon

ARCHIVE = "archive"
MASTODON = "mastodon"
_TITLE = "A street in ten seconds"


async def play(stage: Stage) -> Finding:
    """Upload, submit with staging, look at the result, approve, and see it arrive."""
    access = stage.dev["auraflux"]
    api = Speaker(stage.session, f"{access['origin']}/v1", {"Authorization": f"Bearer {access['api_key']}"})
    async with mastodon(token := secrets.token_urlsafe(24)) as social:
        await _destination(stage, social, token)
        assert stage.job.sample is not None  # noqa: S101 -- the demo's own list
        film = stage.job.sample(stage.folder)
        before = (await api.call("GET", "/account"))["credits"]
        job_id = await _submit(stage, api, film)
        await _until(api, job_id, "staged")
        stage.say(f"auraflux: {job_id} is staged for review; approving it")
        await api.call("POST", f"/jobs/{job_id}/approve-publish")
        await _until(api, job_id, "published")
        result = await api.call("GET", f"/jobs/{job_id}/result")
        video, picture = [await api.fetch(result[key]) for key in ("videoUrl", "thumbnailUrl")]
        after = (await api.call("GET", "/account"))["credits"]
        seconds = await asyncio.to_thread(_seconds, video, stage.folder)
        published = {each["platform"]: each for each in result["publishResults"]}
        told = [post for post in social.statuses if post.media]
    where = ", ".join(str(each.get("url")) for each in published.values())
    return Finding(
        sentence=f"{seconds:.1f} s of film, “{result['title']}”, published to {where}",
        expectation="auraflux: a film is staged, approved, and published to S3 and to Mastodon",
        as_expected=all(
            (
                {name: each["status"] for name, each in published.items()}
                == {ARCHIVE: "published", MASTODON: "published"},
                seconds > 9,
                picture.startswith(b"\xff\xd8\xff"),
                len(told) == 1,
                before - after == 3,
            )
        ),
    )


async def _destination(stage: Stage, social: Mastodon, token: str) -> None:
    access = stage.dev["native"]
    native = Speaker(
        stage.session, f"{access['origin']}/v1", {"Authorization": f"Bearer {access['api_key']}"}
    )
    await native.call(
        "POST",
        "/destinations",
        body={
            "name": MASTODON,
            "platform": "mastodon",
            "config": {"base_url": social.url, "visibility": "unlisted"},
            "secret": {"access_token": token},
        },
    )


async def _submit(stage: Stage, api: Speaker, film: Path) -> str:
    form = aiohttp.FormData()
    form.add_field(
        "file", await asyncio.to_thread(film.read_bytes), filename=film.name, content_type="video/mp4"
    )
    file_id = (await api.call("POST", "/upload", form=form))["fileId"]
    wish = {
        "entry": "upload",
        "fileId": file_id,
        "staging": True,
        "platforms": [ARCHIVE, MASTODON],
        "options": {"title": _TITLE, "resolution": 480},
    }
    job_id: str = (await api.call("POST", "/jobs", body=wish))["jobId"]
    stage.submitted(job_uuid(job_id))
    return job_id


async def _until(api: Speaker, job_id: str, state: str) -> None:
    job = await until(
        lambda: api.call("GET", f"/jobs/{job_id}"),
        lambda job: job["status"] in {state, "failed"},
        within_s=WITHIN_S,
        what=f"job {job_id} {state}",
    )
    if job["status"] != state:
        raise ApiError(f"job {job_id} is {job['status']}: {job.get('error')}")


def _seconds(video: bytes, folder: Path) -> float:
    """How long the film plays: every frame of it is decoded."""
    import av  # noqa: PLC0415 -- an extra of the demo

    path = folder / "published.mp4"
    path.write_bytes(video)
    with av.open(str(path)) as container:
        frames = [frame.time for frame in container.decode(video=0)]
    return float(frames[-1] or 0.0)
