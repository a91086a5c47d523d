"""The URLs of uploaded files, to and from what clients and workers are told."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import NotFoundError, Problem, ValidationError
from headrace_api.core.files import ClientFile
from headrace_api.dialects.jobserver.auth import scheme_of
from headrace_api.dialects.jobserver.encode import file_path
from headrace_api.dialects.jobserver.guards import ACCOUNT
from headrace_api.dialects.jobserver.ids import file_of, file_text
from headrace_contracts.ids import parse_id
from headrace_contracts.messages.work import InputRef

_UPLOADED: Final = re.compile(r"(?:.*/)?uploads/(?:([^/]+)/)?([^/]+)")
#: How many of the account's youngest files are looked at for one that is named without its id.
_LOOKED_AT: Final = 1000
_PAGE: Final = 200


class FileUrls:
    """A file is at ``<origin>/uploads/<fileId>/<name>``."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def file_of(self, request: web.Request, url: str) -> ClientFile:
        """The account's file that ``fileUrl`` names: ``/uploads/<fileId>/<name>``, also as a URL of this server, or
        ``/uploads/<name>`` for the youngest of that name, as an example of the text has it.

        Raises ValidationError for any other URL, NotFoundError for a file that is not there or another's.
        """
        parts = urlsplit(url)
        match = _UPLOADED.fullmatch(parts.path)
        here = not parts.netloc or parts.netloc.lower() == request.host.lower()
        if match is None or not here or parts.scheme not in {"", "http", "https"}:
            raise ValidationError(
                [Problem("fileUrl", "must be the url of an upload to this server: /uploads/<fileId>/<name>")]
            )
        account_id = request[ACCOUNT]
        if match[1] is not None:
            return await self._core.files.find(file_of(match[1]), account_id)
        name, after = unquote(match[2]), None
        for _ in range(_LOOKED_AT // _PAGE):
            page = await self._core.files.listed(account_id, limit=_PAGE, after=after)
            for file in page:
                if file.name == name and file.size is not None:
                    return file
            if len(page) < _PAGE:
                break
            after = page[-1].id
        raise NotFoundError("file")

    def absolute(self, request: web.Request, source: InputRef, own_path: str) -> str:
        """Where a worker fetches a job's input. ``own_path``: the documented path of the request itself, which shows
        what stands before it.
        """
        prefix = request.path.removesuffix(own_path)
        # The key of a client's file is files/<id>/<name>.
        file_id = parse_id(source.key.split("/")[1])
        shown = source.key.split("/")[1] if file_id is None else file_text(file_id)
        return f"{scheme_of(request)}://{request.host}{prefix}{file_path(shown, source.name)}"
