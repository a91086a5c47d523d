"""The native dialect, at the root."""

from __future__ import annotations

from tests.contract.ownership.row import Row

_KEY = ("native",)
_TEXT = "a page or a document for everybody"
_SITE = "the same for every account"
_OPERATOR = "the site's operators see every account; nobody else comes in"


def _of(method: str, path: str, thing: str, **more: object) -> Row:
    return Row(method=method, path=path, opens=_KEY, thing=thing, **more)  # type: ignore[arg-type] # fields of Row


def _list(path: str, thing: str, query: str = "") -> Row:
    return Row(
        method="GET", path=path, opens=_KEY, thing=thing, lists=True, stranger=200, ask=f"{path}{query}"
    )


def _none(method: str, path: str, **more: object) -> Row:
    """It names nothing of an account."""
    return Row(method=method, path=path, opens=_KEY, stranger=None, **more)  # type: ignore[arg-type] # as above


_JOB = "/v1/jobs/{id}"
_HOOK = "/v1/webhooks/{id}"

NATIVE = [
    Row(method="GET", path="/", why=_TEXT, stranger=None),
    Row(method="GET", path="/docs", why=_TEXT, stranger=None),
    Row(method="GET", path="/v1/openapi.json", why=_TEXT, stranger=None),
    _none("POST", "/v1/jobs"),
    _none("POST", "/v1/jobs:batch"),
    _list("/v1/jobs", "native_job"),
    _list("/v1/jobs/history", "native_job", "?from=2020-01-01&to=2099-12-31"),
    _of("GET", _JOB, "native_job"),
    _of("DELETE", _JOB, "native_job"),
    _of("POST", f"{_JOB}/retry", "native_job"),
    _of("PATCH", f"{_JOB}/schedule", "native_job", json={"run_at": "2099-01-01T00:00:00Z"}),
    _of("POST", f"{_JOB}/priority", "native_job", json={"priority": "high"}),
    _of("POST", f"{_JOB}/approve", "native_job"),
    _of("GET", f"{_JOB}/download", "native_job"),
    _of("GET", f"{_JOB}/attempts", "native_job"),
    _of("GET", f"{_JOB}/logs", "native_job"),
    _list("/v1/dead-letters", "native_letter"),
    _of("GET", "/v1/dead-letters/{id}", "native_letter"),
    _of("POST", "/v1/dead-letters/{id}/replay", "native_letter"),
    _of("DELETE", "/v1/dead-letters/{id}", "native_letter"),
    _none("POST", "/v1/dead-letters/replay"),
    _none("POST", "/v1/dead-letters/discard"),
    _of("GET", f"{_JOB}/events", "native_job", stream=True),
    _none("GET", "/v1/events", stream=True),
    _none("POST", "/v1/files"),
    _list("/v1/files", "native_file"),
    _of("GET", "/v1/files/{id}", "native_file"),
    _of("DELETE", "/v1/files/{id}", "native_file"),
    _none("GET", "/v1/models", why=_SITE),
    _none("GET", "/v1/models/{id}", why=_SITE),
    _none("POST", "/v1/templates"),
    _list("/v1/templates", "native_template"),
    _of("GET", "/v1/templates/{id}", "native_template"),
    _of("PUT", "/v1/templates/{id}", "native_template", json={"name": "other"}),
    _of("DELETE", "/v1/templates/{id}", "native_template"),
    _none("POST", "/v1/destinations"),
    _list("/v1/destinations", "native_destination"),
    _of("DELETE", "/v1/destinations/{name}", "native_destination", ask="/v1/destinations/{id}"),
    _none("POST", "/v1/webhooks"),
    _list("/v1/webhooks", "native_webhook"),
    _of("GET", _HOOK, "native_webhook"),
    _of("DELETE", _HOOK, "native_webhook"),
    _of("POST", f"{_HOOK}/rotate", "native_webhook"),
    _of("POST", f"{_HOOK}/enable", "native_webhook"),
    _of("POST", f"{_HOOK}/test", "native_webhook"),
    _of("GET", f"{_HOOK}/deliveries", "native_webhook"),
    _of("POST", f"{_HOOK}/deliveries/{{delivery_id}}/redeliver", "native_webhook",
        ask=f"{_HOOK}/deliveries/{{delivery}}/redeliver"),
    _none("GET", "/v1/agents", why=_SITE),
    _none("GET", "/v1/pools", why=_SITE),
    _none("PUT", "/v1/pools/{name}", why=_SITE),
    _none("DELETE", "/v1/pools/{name}", why=_SITE),
    _none("POST", "/v1/pools/{name}/pause", why=_SITE),
    _none("POST", "/v1/pools/{name}/resume", why=_SITE),
    _none("POST", "/v1/agents/{name}/drain", why=_SITE),
    _none("POST", "/v1/agents/{name}/resume", why=_SITE),
    _none("GET", "/v1/accounts/{id}/limits", why=_OPERATOR),
    _none("PATCH", "/v1/accounts/{id}/limits", why=_OPERATOR),
    _none("GET", "/v1/account"),
    _none("GET", "/v1/usage"),
    _none("POST", "/v1/keys"),
    _list("/v1/keys", "native_key"),
    _of("DELETE", "/v1/keys/{id}", "native_key"),
]  # fmt: skip
