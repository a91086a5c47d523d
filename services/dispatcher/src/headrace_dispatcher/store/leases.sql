-- Claims of REST agents, and the presence of all agents.

-- name: renew
UPDATE leases SET expires_at = now() + make_interval(secs => lease_s) WHERE job_id = $1 AND fence = $2

-- name: close
DELETE FROM leases WHERE job_id = $1 AND fence = $2 RETURNING ack_subject

-- name: renew_worker
-- A sign of life of a worker, for all its claims.
UPDATE leases SET expires_at = now() + make_interval(secs => lease_s) WHERE worker_id = $1

-- name: of_worker
SELECT job_id, fence FROM leases WHERE worker_id = $1

-- name: alive
-- Ack subjects of the messages that are to be kept in progress. The claim of a job that named it has none.
SELECT ack_subject FROM leases WHERE expires_at > now() AND ack_subject IS NOT NULL

-- name: expired
SELECT job_id, fence FROM leases WHERE expires_at <= now() ORDER BY expires_at LIMIT $1

-- name: heartbeat
INSERT INTO agents (instance, agent, platform, pools, models, missing, slots, running, draining, version, hostname,
    transport, started_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::uuid[], $9, $10, $11, $12, $13, now())
ON CONFLICT (instance) DO UPDATE SET
    agent = excluded.agent, platform = excluded.platform, pools = excluded.pools, models = excluded.models,
    missing = excluded.missing, slots = excluded.slots, running = excluded.running, draining = excluded.draining,
    version = excluded.version, hostname = excluded.hostname, transport = excluded.transport, seen_at = now(),
    gone_at = NULL
-- Why it is to take no more jobs; null = it may.
RETURNING (SELECT reason FROM agent_drains WHERE agent_drains.agent = agents.agent)

-- name: stale
-- Of the attempts that an agent says it runs, those that are no longer current.
SELECT h.id, h.fence
FROM unnest($1::uuid[], $2::bigint[]) AS h (id, fence) LEFT JOIN jobs ON jobs.id = h.id
WHERE jobs.id IS NULL OR jobs.fence > h.fence OR jobs.state IN ('completed', 'failed', 'cancelled')
    OR (jobs.state = 'queued' AND jobs.fence = h.fence)

-- name: goodbye
UPDATE agents SET gone_at = now(), running = '{}' WHERE instance = $1 AND gone_at IS NULL

-- name: lost_instances
-- Agents that were silent for $1 seconds: from now on they count as gone.
UPDATE agents SET gone_at = now() WHERE gone_at IS NULL AND seen_at < now() - make_interval(secs => $1)
RETURNING instance

-- name: jobs_of_gone
-- Jobs held by JetStream agents that are gone, whether they said goodbye or not.
SELECT j.id, j.fence FROM jobs j JOIN agents a ON a.instance = j.instance
WHERE j.released AND j.state IN ('claimed', 'running') AND a.gone_at IS NOT NULL
LIMIT $1

-- name: forgotten
-- Of the attempts that nobody speaks of any more in WORK, those that their agent, which lives, does not run.
SELECT j.id, j.fence FROM unnest($1::uuid[], $2::bigint[]) AS o (id, fence)
JOIN jobs j ON j.id = o.id AND j.fence = o.fence AND j.state IN ('claimed', 'running')
JOIN agents a ON a.instance = j.instance
WHERE a.gone_at IS NULL AND NOT j.id = ANY (a.running)

-- name: slots_by_pool
-- What is online: slots a platform and pool.
SELECT platform, unnest(pools) AS pool, sum(slots)::bigint AS slots FROM agents
WHERE gone_at IS NULL AND NOT draining AND seen_at > now() - make_interval(secs => $1)
GROUP BY 1, 2

-- name: overdue
-- Runs that went over their time by more than the grace that agents have to stop them themselves.
SELECT id, fence FROM jobs
WHERE released AND state = 'running' AND started_at + make_interval(secs => timeout_s + $1) < now()
UNION ALL
-- A job that was claimed by its name is not released; its lease shows it.
SELECT j.id, j.fence FROM leases l JOIN jobs j ON j.id = l.job_id
WHERE l.ack_subject IS NULL AND j.state = 'running' AND NOT j.released
    AND j.started_at + make_interval(secs => j.timeout_s + $1) < now()
LIMIT $2
