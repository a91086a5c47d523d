"""``/submit/batch``: up to 100 jobs in one request, stored as one unit; those that are no good fail alone."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import web

from headrace_api.core import errors as core_errors
from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, CoreError
from headrace_api.core.submit import SubmitJob, check_file_wanted
from headrace_api.dialects.radiance import decode
from headrace_api.dialects.radiance.data_url import DataUrl
from headrace_api.dialects.radiance.encode import batch_item, success
from headrace_api.dialects.radiance.settings import RadianceSettings
from headrace_api.http.body import BodyReader
from headrace_api.http.idempotency import idempotency_key
from headrace_contracts.catalogue.model import Model
from headrace_contracts.ids import new_id
from headrace_contracts.keys import safe_filename, upload_key
from headrace_contracts.messages.work import InputRef

MAX_JOBS = 100
#: Files of one batch that are stored at once.
_FILES_AT_ONCE = 4
#: Batches with files that are in memory-mapped files at once.
_LARGE_BATCHES = 4
_LARGE_BYTES = 1024 * 1024
_NULL = b"null"


class _Batch(msgspec.Struct):
    jobs: list[msgspec.Raw]


class _Item(msgspec.Struct):
    """One job. Types are checked later, so that a wrong one is told in our own words."""

    model: Any = None
    payload: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    priority: Any = None
    webhook_url: Any = None
    filename: Any = None
    file_base64: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_batch_decoder = msgspec.json.Decoder(_Batch)
_item_decoder = msgspec.json.Decoder(_Item)


class BatchRoute:
    """Takes in several jobs."""

    def __init__(self, core: Core, settings: RadianceSettings) -> None:
        self._core = core
        self._settings = settings
        self._files = asyncio.Semaphore(_FILES_AT_ONCE)
        self._large = asyncio.Semaphore(_LARGE_BATCHES)

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """``POST /airunner/submit/batch``."""
        if decode.media_type(request) != "application/json":
            raise BadRequestError("Content-Type must be application/json")
        body = BodyReader(request, self._settings.patience)
        body.check_length(self._settings.max_batch_bytes)
        if (request.content_length or self._settings.max_batch_bytes) <= _LARGE_BYTES:
            return await self._submit(body, idempotency_key(request))
        async with self._large:
            return await self._submit(body, idempotency_key(request))

    async def _submit(self, body: BodyReader, key: str | None) -> web.StreamResponse:
        async with body.spooled(self._settings.max_batch_bytes) as text:
            items = await _items(text)
            made = await self._all(items)
            del items
        commands = [each for each in made if isinstance(each, SubmitJob)]
        problems = [
            {"index": index, "error": each} for index, each in enumerate(made) if isinstance(each, str)
        ]
        jobs = await self._core.submissions.submit(commands, key=key) if commands else []
        result: dict[str, Any] = {
            "submitted": len(jobs),
            "failed": len(problems),
            "jobs": [batch_item(job) for job in jobs],
        }
        if problems:
            result["errors"] = problems
        return success(result)

    async def _all(self, items: list[msgspec.Raw]) -> list[SubmitJob | str]:
        """Each job, or why it is none. Only those with a file take turns: a task each costs more than the job."""
        made: list[SubmitJob | str] = []
        files: dict[int, asyncio.Task[SubmitJob | str]] = {}
        for index, raw in enumerate(items):
            item = _decoded(raw)
            if isinstance(item, _Item) and isinstance(item.file_base64, msgspec.Raw):
                files[index] = asyncio.create_task(self._item(item))
                made.append("")
            else:
                made.append(await self._item(item))
        done = await asyncio.gather(*files.values(), return_exceptions=True)
        failure = next((each for each in done if isinstance(each, BaseException)), None)
        for index, each in zip(files, done, strict=True):
            if isinstance(each, SubmitJob | str):
                made[index] = each
        if failure is not None:
            await self._drop(made)
            raise failure
        return made

    async def _drop(self, made: list[SubmitJob | str]) -> None:
        """Remove the files of a batch that is not stored."""
        for each in made:
            if isinstance(each, SubmitJob) and each.input is not None:
                await self._core.uploads.discard(each.input.key)

    async def _item(self, item: _Item | str) -> SubmitJob | str:
        """One job, or why it is none. A store that is away ends the whole batch instead."""
        if isinstance(item, str):
            return item
        try:
            return await self._command(item)
        except (core_errors.UnavailableError, core_errors.OverloadedError):
            raise
        except CoreError as error:
            return problem_text(error)

    async def _command(self, item: _Item) -> SubmitJob:
        model = self._core.catalogue.find_general(decode.model_id(item.model))
        file = DataUrl.of(item.file_base64) if isinstance(item.file_base64, msgspec.Raw) else None
        check_file_wanted(model, has_file=file is not None)
        job_id = new_id()
        payload = item.payload
        command = await decode.command(
            self._core,
            job_id,
            model,
            payload=decode.payload_value(payload) if isinstance(payload, msgspec.Raw) else None,
            priority=item.priority,
            webhook_url=item.webhook_url,
        )
        if file is None:
            return command
        name = safe_filename(decode.text_field(item.filename, "filename"))
        return command.with_input(*await self._store(model, file, upload_key(job_id, name), name))

    async def _store(self, model: Model, file: DataUrl, key: str, name: str) -> tuple[InputRef, bytes]:
        async with self._files, self._core.uploads.upload() as upload:
            await upload.receive(file.chunks(), key=key, filename=name, content_type=file.mime, model=model)
            if not upload.received:
                check_file_wanted(model, has_file=False)
            return await upload.keep(upload.judged(model)), upload.digest


def problem_text(error: CoreError) -> str:
    """An item's error in one line."""
    if isinstance(error, core_errors.UnknownModelError):
        return f"Model '{error.model}' is invalid"
    if isinstance(error, core_errors.PayloadError):
        return f"{error}: {'; '.join(error.problems)}"
    return str(error)


async def _items(text: memoryview) -> list[msgspec.Raw]:
    """The jobs of a batch, each still as JSON. Raises BadRequestError."""
    try:
        if len(text) > _LARGE_BYTES:
            jobs = (await asyncio.to_thread(_batch_decoder.decode, text)).jobs
        else:
            jobs = _batch_decoder.decode(text).jobs
    except msgspec.ValidationError:
        raise BadRequestError("Field 'jobs' must be a list of 1 to 100 jobs") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(f"The request body is not valid JSON: {error}") from None
    except RecursionError:
        raise BadRequestError("The request body is nested too deeply") from None
    if not 1 <= len(jobs) <= MAX_JOBS:
        raise BadRequestError(f"Field 'jobs' must hold 1 to {MAX_JOBS} jobs, not {len(jobs)}")
    return jobs


def _decoded(raw: msgspec.Raw) -> _Item | str:
    """The fields of one job, or why there are none. ``null`` is the same as absent."""
    try:
        item = _item_decoder.decode(raw)
    except msgspec.ValidationError:
        return "A job must be a JSON object"
    except RecursionError:
        return "The job is nested too deeply"
    if _is_null(item.payload):
        item.payload = msgspec.UNSET
    if _is_null(item.file_base64):
        item.file_base64 = msgspec.UNSET
    return item


def _is_null(raw: msgspec.Raw | msgspec.UnsetType) -> bool:
    return isinstance(raw, msgspec.Raw) and len(memoryview(raw)) == len(_NULL) and bytes(raw) == _NULL
