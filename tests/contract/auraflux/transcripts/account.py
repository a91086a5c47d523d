"""Seed 001, «Get account info» and «Authentication»."""

from __future__ import annotations

from tests.contract.auraflux.transcripts.common import error, us
from tests.support.transcript import ISO, Step, Transcript, like

_NO_PLAN = error(
    "forbidden",
    "The plan 'starter' has no API access; the plans 'operate' and 'guided' include it",
)

TRANSCRIPTS = [
    Transcript(
        name="account: id, plan, credits and rate limit",
        steps=[
            us(
                "GET /account",
                answer={
                    "id": "{account}",
                    "plan": "operate",
                    "apiAccess": True,
                    "credits": 20,
                    "rateLimit": {"limit": 300, "remaining": 299, "resetAt": ISO},
                },
                answer_headers={
                    "X-RateLimit-Limit": "300",
                    "X-RateLimit-Remaining": "299",
                    "X-RateLimit-Reset": like(r"\d{10}"),
                    "X-Request-Id": like(".+"),
                },
            ),
            us(
                "GET /jobs?limit=0",
                status=400,
                answer={
                    "error": {
                        "code": "validation_error",
                        "message": "limit: must be greater than or equal to 1",
                        "details": {
                            "problems": [{"field": "limit", "message": "must be greater than or equal to 1"}]
                        },
                    }
                },
                answer_headers={"X-RateLimit-Remaining": "298"},
            ),
        ],
    ),
    Transcript(
        name="account: a plan without API access",
        steps=[
            Step(
                ask=f"{method} /auraflux/v1{path}",
                headers={"Authorization": "Bearer {starter_key}"},
                status=403,
                answer=_NO_PLAN,
            )
            for method, path in (
                ("GET", "/account"),
                ("POST", "/jobs"),
                ("GET", "/jobs"),
                ("POST", "/upload"),
            )
        ],
    ),
]
