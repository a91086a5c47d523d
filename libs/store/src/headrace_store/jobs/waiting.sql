-- Why jobs wait: what the record knows of it.

-- name: agents_online
-- Every agent that was heard of in the last $1 seconds, with what it lacks for the pool $2.
SELECT agents.agent, platform, pools, draining OR agent_drains.agent IS NOT NULL AS draining, transport,
    missing ->> $2 AS lacks, agent_drains.reason AS drained
FROM agents LEFT JOIN agent_drains ON agent_drains.agent = agents.agent
WHERE gone_at IS NULL AND seen_at > now() - make_interval(secs => $1)
ORDER BY agents.agent
LIMIT 1000

-- name: facts
-- Of each of the jobs $1: what may keep it, and ($2: true) how many go before it by their age alone, counted up to $3:
-- in WORK all older ones of its lane, in the record those of its own account.
SELECT j.id, j.state, j.released, j.run_at, j.attempt,
    paused_pools.reason AS pause_reason,
    accounts.max_running,
    CASE WHEN accounts.max_running IS NOT NULL THEN (
        -- The conditions with CASE are those of the indexes, word by word.
        SELECT count(*) FROM jobs m
        WHERE m.account_id = j.account_id
            AND CASE m.state WHEN 'queued' THEN m.released ELSE m.state IN ('claimed', 'running') END
    ) END AS in_motion,
    CASE
        WHEN NOT $2 OR j.state <> 'queued' THEN NULL
        WHEN j.released THEN (
            SELECT count(*) FROM (
                SELECT FROM jobs o
                WHERE o.state = 'queued' AND o.released = true AND o.platform = j.platform AND o.pool = j.pool
                    AND o.priority = j.priority AND o.id < j.id
                LIMIT $3
            ) AS sooner
        )
        ELSE (
            SELECT count(*) FROM (
                SELECT FROM jobs o
                WHERE CASE o.state WHEN 'queued' THEN NOT o.released ELSE false END
                    AND o.platform = j.platform AND o.pool = j.pool AND o.priority = j.priority
                    AND o.account_id = j.account_id
                    -- All of the index is named: a look at all older jobs by their ids is no way for it.
                    AND (o.platform, o.pool, o.priority, o.account_id, o.id)
                        < (j.platform, j.pool, j.priority, j.account_id, j.id)
                LIMIT $3
            ) AS own
        )
    END AS older,
    CASE WHEN j.run_at > now() THEN (
        SELECT reason FROM attempts WHERE job_id = j.id ORDER BY fence DESC LIMIT 1
    ) END AS last_reason
FROM jobs j
JOIN accounts ON accounts.id = j.account_id
LEFT JOIN paused_pools ON paused_pools.pool = j.pool
WHERE j.id = ANY ($1::uuid[])
