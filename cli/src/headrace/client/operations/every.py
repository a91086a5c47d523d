"""All calls. Each blocks in ``Client`` and is awaited in ``AsyncClient``."""

from __future__ import annotations

from headrace.client.operations.account import AccountCalls
from headrace.client.operations.dead_letters import DeadLetterCalls
from headrace.client.operations.files import FileCalls
from headrace.client.operations.jobs import JobCalls
from headrace.client.operations.operators import OperatorCalls
from headrace.client.operations.outcome import OutcomeCalls
from headrace.client.operations.site import SiteCalls
from headrace.client.operations.webhooks import WebhookCalls


class Operations(
    JobCalls, OutcomeCalls, DeadLetterCalls, FileCalls, SiteCalls, WebhookCalls, AccountCalls, OperatorCalls
):
    """The calls that both clients have."""
