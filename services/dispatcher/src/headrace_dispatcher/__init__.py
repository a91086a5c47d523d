"""The one writer of job state: releases, claims, records, reclaims."""
