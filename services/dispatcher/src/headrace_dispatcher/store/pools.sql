-- Pools whose jobs do not start for now.

-- name: pause
INSERT INTO paused_pools (pool, reason) VALUES ($1, $2) ON CONFLICT (pool) DO UPDATE SET reason = excluded.reason

-- name: resume
DELETE FROM paused_pools WHERE pool = $1

-- name: paused
SELECT pool FROM paused_pools

-- name: recall
-- Jobs of a lane that wait in WORK wait in the record again; no attempt of these releases starts any more. $4: so many
-- fencing tokens has a release. What somebody has under lock is on its way elsewhere, or is met by the next recall.
WITH waiting AS (
    SELECT id FROM jobs
    WHERE state = 'queued' AND released = true AND platform = $1 AND pool = $2 AND priority = $3
    ORDER BY id
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET released = false, fence = GREATEST(fence, (epoch::bigint + 1) * $4 - 1)
FROM waiting WHERE jobs.id = waiting.id
RETURNING jobs.id, epoch
