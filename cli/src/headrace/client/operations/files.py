"""Files that are sent ahead of their jobs."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from headrace.client.calls import call, part, tried, value
from headrace.client.errors import UnexpectedAnswerError
from headrace.client.model.file import File, FilePage, FileSlot
from headrace.client.operation import operation
from headrace.client.steps import OnBytes, PutFile, Steps


class FileCalls:
    @operation
    def upload(self, path: str | Path, *, on_bytes: OnBytes | None = None) -> Steps[str]:
        """Upload a file; returns the id that a submit takes as ``input``. Raises ApiError (413: too large)."""
        return (yield from send_file(Path(path), on_bytes)).file_id

    @operation
    def files(self, *, limit: int = 20, cursor: str | None = None) -> Steps[FilePage]:
        """A page of the account's files, youngest first."""
        params = {"limit": limit, "cursor": cursor}
        return value((yield from call("GET", "/v1/files", params=params)), FilePage)

    @operation
    def file(self, file_id: str) -> Steps[File]:
        """A file that was sent ahead. Raises NotFoundError."""
        return value((yield from call("GET", f"/v1/files/{part(file_id)}")), File)

    @operation
    def delete_file(self, file_id: str) -> Steps[None]:
        """Delete a file that was sent ahead. Raises NotFoundError."""
        yield from call("DELETE", f"/v1/files/{part(file_id)}")


def send_file(path: Path, on_bytes: OnBytes | None) -> Steps[FileSlot]:
    """Announce the file, and put its bytes where the answer says."""
    mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    body = {"name": path.name, "mime": mime, "size": path.stat().st_size}
    slot = value((yield from call("POST", "/v1/files", json=body)), FileSlot)
    if slot.upload_url is None:
        raise UnexpectedAnswerError("the server named no place for the file")
    put = PutFile(url=slot.upload_url, path=path, headers=slot.headers, on_bytes=on_bytes)
    yield from tried(put, safe=True)
    return slot
