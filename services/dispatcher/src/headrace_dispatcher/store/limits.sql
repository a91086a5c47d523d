-- Accounts with a limit on what they have in motion: released to WORK, or held by an agent.

-- name: limited
SELECT id FROM accounts WHERE max_running IS NOT NULL

-- name: lock_waiting
-- Of the accounts $4, those that wait in the lane. Whoever releases their jobs holds their locks until it has committed,
-- and counts in a later statement, which sees what those before it have released.
SELECT mine.id, pg_advisory_xact_lock(mine.key) FROM (
    SELECT l.id, hashtextextended('headrace.running.' || l.id::text, 0) AS key FROM unnest($4::uuid[]) AS l (id)
    WHERE EXISTS (
        SELECT FROM jobs
        WHERE CASE state WHEN 'queued' THEN NOT released ELSE false END
            AND platform = $1 AND pool = $2 AND priority = $3 AND account_id = l.id
    )
    -- In one order for all, so that nobody waits in a circle.
    ORDER BY key
    OFFSET 0
) AS mine

-- name: standing
-- What a claim of one job by the agent $2 has to heed: whether one of them is stopped, and whether its account has a
-- limit.
SELECT EXISTS (SELECT FROM paused_pools WHERE pool = j.pool) AS paused,
    EXISTS (SELECT FROM agent_drains WHERE agent = $2) AS drained, a.max_running IS NOT NULL AS limited
FROM jobs j JOIN accounts a ON a.id = j.account_id
WHERE j.id = $1

-- name: lock_one
SELECT pg_advisory_xact_lock(hashtextextended('headrace.running.' || $1::uuid::text, 0))

-- name: has_room
-- Whether the account of job $1 may have it in motion beside all the others; it may be released already.
SELECT a.max_running IS NULL OR a.max_running > (
    SELECT count(*) FROM jobs m
    WHERE m.account_id = a.id AND CASE m.state WHEN 'queued' THEN m.released ELSE m.state IN ('claimed', 'running') END
        AND m.id <> $1
)
FROM jobs j JOIN accounts a ON a.id = j.account_id
WHERE j.id = $1
