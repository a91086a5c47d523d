"""Seed 001, «List templates», «Create a template», «Delete a template»."""

from __future__ import annotations

from typing import Any

from tests.contract.auraflux.transcripts.common import NOBODY, claim, error, invalid, shown, submit, us
from tests.support.transcript import ISO, UUID, Step, Transcript, like

_OPTIONS = {"aspect": "9:16", "tone": "playful", "titleCardSeconds": 3, "tags": ["a", "b"]}
_MISSING = error("not_found", "Template not found")


def _create(name: str = "Shorts", options: dict[str, Any] | None = None, save: str = "template") -> Step:
    wish = {"name": name, "options": _OPTIONS if options is None else options}
    return us(
        "POST /templates",
        status=201,
        json=wish,
        answer={"id": UUID.saved_as(save), **wish, "createdAt": ISO.saved_as(f"{save}_created")},
    )


def _refused(body: Any, *problems: tuple[str, Any]) -> Step:
    return us("POST /templates", status=400, json=body, answer=invalid(*problems))


TRANSCRIPTS = [
    Transcript(
        name="templates: made, listed, deleted",
        steps=[
            us("GET /templates", answer={"templates": [], "total": 0}),
            _create(),
            _create("Empty", {}, "empty"),
            us(
                "GET /templates",
                answer={
                    "templates": [
                        {"id": "{empty}", "name": "Empty", "options": {}, "createdAt": "{empty_created}"},
                        {
                            "id": "{template}",
                            "name": "Shorts",
                            "options": _OPTIONS,
                            "createdAt": "{template_created}",
                        },
                    ],
                    "total": 2,
                },
            ),
            us("DELETE /templates/{template}", answer={"id": "{template}", "deleted": True}),
            us("DELETE /templates/{template}", status=404, answer=_MISSING),
        ],
    ),
    Transcript(
        name="templates: a job's own options win, key by key",
        steps=[
            _create(),
            submit({"fromTemplateId": "{template}", "options": {"tone": "dramatic", "tags": None}}),
            us("GET /jobs/{id}", answer=shown(fromTemplateId="{template}")),
            us("DELETE /templates/{template}", answer={"id": "{template}", "deleted": True}),
            claim(
                payload={
                    "aspect": "9:16",
                    "tone": "dramatic",
                    "title_card_s": 3,
                    "tags": None,
                    "entry": "prompt",
                    "prompt": "How rivers run",
                }
            ),
            us(
                "POST /jobs",
                status=404,
                json={"entry": "prompt", "prompt": "x", "fromTemplateId": "{template}"},
                answer=_MISSING,
            ),
        ],
    ),
    Transcript(
        name="templates: what they may hold",
        steps=[
            _refused({"name": "x"}, ("options", "is required")),
            _refused({"options": {}}, ("name", "is required")),
            _refused(
                {"name": "  ", "options": {}},
                ("name", "must have at least one character, all of them printable"),
            ),
            _refused(
                {"name": "x", "options": {"aspect": "2:1", "size": 3}},
                ("options.aspect", "must be 'source', '16:9', '9:16', '1:1' or '4:5'"),
                ("options.size", like("is not known here; known are title, description, tags, .+")),
            ),
            us(f"DELETE /templates/{NOBODY}", status=404, answer=_MISSING),
            us("DELETE /templates/shorts", status=404, answer=_MISSING),
        ],
    ),
]
