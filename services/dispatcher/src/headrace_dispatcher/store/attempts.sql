-- The life of an attempt: start, claim, return to the queue.

-- name: start
-- The common case of a start: the job is queued and has attempts left. What this does not return is looked at one
-- by one, with the row locked. Whoever starts it holds its message, so that it is in WORK, even if the release was
-- undone because nobody knew.
UPDATE jobs SET state = 'running', released = true, fence = s.fence, attempt = jobs.attempt + 1, agent = $3, instance = $4,
    claim_hash = NULL, started_at = now(), progress = NULL, progress_message = NULL
FROM unnest($1::uuid[], $2::bigint[]) AS s (id, fence)
WHERE jobs.id = s.id AND jobs.fence < s.fence AND jobs.attempt < jobs.max_attempts
    -- As CASE, so that the planner takes the primary key and does not walk the index of all that waits.
    -- A pool may have been paused while the message was under way.
    AND CASE jobs.state WHEN 'queued' THEN NOT EXISTS (SELECT FROM paused_pools p WHERE p.pool = jobs.pool)
        ELSE false END
RETURNING jobs.id, jobs.account_id, jobs.state, jobs.attempt, jobs.agent, jobs.input_key, jobs.input_name,
    jobs.platform, jobs.pool, jobs.priority

-- name: claim
-- The common case of REST claims: like start, each with its lease.
WITH held AS (
    UPDATE jobs SET state = c.state, released = true, fence = c.fence, attempt = jobs.attempt + 1, agent = c.agent,
        instance = NULL, claim_hash = c.claim_hash, started_at = CASE WHEN c.state = 'running' THEN now() END, progress = NULL,
        progress_message = NULL
    FROM unnest(
        $1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::double precision[], $8::uuid[]
    ) AS c (id, fence, state, agent, claim_hash, ack_subject, lease_s, worker_id)
    WHERE jobs.id = c.id AND jobs.fence < c.fence AND jobs.attempt < jobs.max_attempts
        AND CASE jobs.state WHEN 'queued' THEN NOT EXISTS (SELECT FROM paused_pools p WHERE p.pool = jobs.pool)
            ELSE false END
    RETURNING jobs.id, jobs.account_id, jobs.state, jobs.fence, jobs.attempt, jobs.agent, c.ack_subject, c.lease_s,
        c.worker_id
), lease AS (
    INSERT INTO leases (job_id, fence, ack_subject, lease_s, expires_at, worker_id)
    SELECT id, fence, ack_subject, lease_s, now() + make_interval(secs => lease_s),
        -- One claim with a worker that nobody knows must not undo the others of its batch.
        (SELECT workers.id FROM workers WHERE workers.id = held.worker_id)
    FROM held
    ON CONFLICT (job_id) DO UPDATE SET fence = excluded.fence, ack_subject = excluded.ack_subject,
        lease_s = excluded.lease_s, expires_at = excluded.expires_at, worker_id = excluded.worker_id
)
SELECT id, account_id, state, fence, attempt, agent FROM held

-- name: claim_one
-- The claim of a job that it names; its row is locked. It leaves WORK: $2 is the fence of a release of its own, which
-- turns everybody away who has fetched a message of an earlier one.
WITH held AS (
    UPDATE jobs SET state = $3, released = false, epoch = epoch + 1, fence = $2, attempt = attempt + 1, agent = $4,
        instance = NULL, claim_hash = $5, started_at = CASE WHEN $3 = 'running' THEN now() END, progress = NULL,
        progress_message = NULL
    WHERE id = $1
    RETURNING id, account_id, state, fence, epoch, attempt, agent, model, payload, input_key, input_mime, input_name,
        input_size, timeout_s, created_at, platform, pool, priority
), lease AS (
    INSERT INTO leases (job_id, fence, ack_subject, lease_s, expires_at, worker_id)
    SELECT id, fence, NULL, $6, now() + make_interval(secs => $6),
        (SELECT workers.id FROM workers WHERE workers.id = $7)
    FROM held
    ON CONFLICT (job_id) DO UPDATE SET fence = excluded.fence, ack_subject = excluded.ack_subject,
        lease_s = excluded.lease_s, expires_at = excluded.expires_at, worker_id = excluded.worker_id
)
SELECT * FROM held

-- name: begin
-- A claimed job starts to run.
UPDATE jobs SET state = 'running', started_at = now() WHERE id = $1 AND fence = $2 AND state = 'claimed'
RETURNING id, account_id, state, attempt, agent

-- name: started
-- The attempt that holds the job.
SELECT attempt, input_key, input_name, platform, pool, priority FROM jobs
WHERE id = $1 AND fence = $2 AND state IN ('claimed', 'running')

-- name: holder
SELECT id, state, fence, claim_hash, finished_at FROM jobs WHERE id = $1

-- name: lock
-- A row for a decision that SQL alone does not make.
SELECT id, account_id, state, fence, epoch, attempt, max_attempts, agent, instance, claim_hash, released, platform,
    (run_at IS NULL OR run_at <= now()) AS due, model, retry,
    COALESCE(start_by <= now(), false) AS late, queue_timeout_s
FROM jobs WHERE id = $1
FOR UPDATE

-- name: keep_attempt
-- The history of an attempt that ended while its job goes on.
INSERT INTO attempts (job_id, fence, number, agent, instance, started_at, ended_at, outcome, reason)
SELECT id, fence, attempt, agent, instance, started_at, now(), $2, $3 FROM jobs WHERE id = $1
ON CONFLICT DO NOTHING

-- name: adopt
-- An attempt of a queued job that was too short to be started first is its current one.
UPDATE jobs SET state = 'running', released = true, fence = $2, attempt = attempt + 1, agent = $3, instance = $4,
    claim_hash = NULL, started_at = $5
WHERE id = $1

-- name: lost_before
-- How many of the attempts before the current one were lost.
SELECT count(*) FROM attempts WHERE job_id = $1 AND outcome = 'lost'

-- name: drop_lease
-- The claim of a locked job is over; its message, if it held one.
DELETE FROM leases WHERE job_id = $1 RETURNING ack_subject

-- name: late
-- What was to start by now and has not.
SELECT id FROM jobs WHERE start_by <= now() AND start_by IS NOT NULL AND state IN ('scheduled', 'queued')
ORDER BY start_by LIMIT $1

-- name: requeue
-- The job goes back to the queue. $2: still in WORK (true) or to be released anew; $3: not before; $4: the attempt
-- counts; $5: no attempt up to this fence starts any more. It has begun once: its queue timeout
-- is over; one that was handed back waits anew.
UPDATE jobs SET state = 'queued', released = $2, run_at = $3, fence = GREATEST(fence, $5), 
    start_by = CASE WHEN NOT $4 AND start_by IS NOT NULL THEN now() + make_interval(secs => queue_timeout_s) END,
    attempt = CASE WHEN $4 THEN attempt ELSE greatest(attempt - 1, 0) END,
    agent = NULL, instance = NULL, claim_hash = NULL, started_at = NULL, progress = NULL, progress_message = NULL
WHERE id = $1
RETURNING id, account_id, state, attempt, agent, platform, pool, priority
