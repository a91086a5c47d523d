"""The fencing token of an attempt: a number that only grows, so that a late attempt can be told from the current.

A job's *epoch* grows with every release to WORK, and JetStream counts the deliveries of one message. Together they
order all attempts of a job without a round trip to the record (ADR 0002).
"""

from __future__ import annotations

_DELIVERY_BITS = 20
_DELIVERY_MAX = (1 << _DELIVERY_BITS) - 1


def fence(epoch: int, num_delivered: int) -> int:
    """The token of the attempt that was delivered the ``num_delivered``-th time in release ``epoch`` (both from 1)."""
    return (epoch << _DELIVERY_BITS) | min(num_delivered, _DELIVERY_MAX)


def epoch_of(token: int) -> int:
    """The release that ``token`` belongs to."""
    return token >> _DELIVERY_BITS


def delivery_of(token: int) -> int:
    """Which delivery of its release ``token`` belongs to, from 1."""
    return token & _DELIVERY_MAX
