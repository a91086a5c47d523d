-- The life of an attempt: start, outcome, loss.

-- name: start
-- The common case of a start: the job is queued and has attempts left. What this does not return is looked at one
-- by one, with the row locked.
UPDATE jobs SET state = 'running', fence = s.fence, attempt = jobs.attempt + 1, agent = $3, instance = $4,
    claim_hash = NULL, started_at = now(), progress = NULL, progress_message = NULL
FROM unnest($1::uuid[], $2::bigint[]) AS s (id, fence)
WHERE jobs.id = s.id AND jobs.fence < s.fence AND jobs.attempt < jobs.max_attempts
    -- As CASE, so that the planner takes the primary key and does not walk the index of all that waits.
    AND CASE jobs.state WHEN 'queued' THEN true ELSE false END
RETURNING jobs.id, jobs.attempt, jobs.input_key, jobs.input_name, jobs.platform, jobs.pool, jobs.priority

-- name: claim
-- The common case of REST claims: like start, each with its lease.
WITH held AS (
    UPDATE jobs SET state = c.state, fence = c.fence, attempt = jobs.attempt + 1, agent = c.agent, instance = NULL,
        claim_hash = c.claim_hash, started_at = CASE WHEN c.state = 'running' THEN now() END, progress = NULL,
        progress_message = NULL
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::double precision[])
        AS c (id, fence, state, agent, claim_hash, ack_subject, lease_s)
    WHERE jobs.id = c.id AND jobs.fence < c.fence AND jobs.attempt < jobs.max_attempts
        AND CASE jobs.state WHEN 'queued' THEN true ELSE false END
    RETURNING jobs.id, jobs.fence, jobs.attempt, c.ack_subject, c.lease_s
), lease AS (
    INSERT INTO leases (job_id, fence, ack_subject, lease_s, expires_at)
    SELECT id, fence, ack_subject, lease_s, now() + make_interval(secs => lease_s) FROM held
    ON CONFLICT (job_id) DO UPDATE SET fence = excluded.fence, ack_subject = excluded.ack_subject,
        lease_s = excluded.lease_s, expires_at = excluded.expires_at
)
SELECT id, fence, attempt FROM held

-- name: begin
-- A claimed job starts to run.
UPDATE jobs SET state = 'running', started_at = now() WHERE id = $1 AND fence = $2 AND state = 'claimed'

-- name: started
-- The attempt that holds the job.
SELECT attempt, input_key, input_name, platform, pool, priority FROM jobs
WHERE id = $1 AND fence = $2 AND state IN ('claimed', 'running')

-- name: holder
SELECT id, state, fence, claim_hash, finished_at FROM jobs WHERE id = $1

-- name: lock
-- A row for a decision that SQL alone does not make.
SELECT id, state, fence, attempt, max_attempts, instance FROM jobs WHERE id = $1 FOR UPDATE

-- name: keep_attempt
-- The history of an attempt that ended while its job goes on.
INSERT INTO attempts (job_id, fence, number, agent, instance, started_at, ended_at, outcome, reason)
SELECT id, fence, attempt, agent, instance, started_at, now(), $2, $3 FROM jobs WHERE id = $1
ON CONFLICT DO NOTHING

-- name: finish
-- Outcomes of many attempts in one statement. The guard is the fence: the outcome counts when it comes from the
-- attempt that holds the job, or from a newer one that was too short to be started first (ADR 0003). An outcome over
-- REST shows its claim token instead.
WITH done AS (
    UPDATE jobs SET
        state = o.state,
        fence = GREATEST(jobs.fence, o.fence),
        attempt = CASE WHEN jobs.fence < o.fence THEN jobs.attempt + 1 ELSE jobs.attempt END,
        agent = COALESCE(o.agent, jobs.agent),
        instance = o.instance,
        started_at = COALESCE(CASE WHEN jobs.fence >= o.fence THEN jobs.started_at END, o.started_at),
        finished_at = GREATEST(o.finished_at, jobs.created_at),
        result = o.result,
        result_ref = o.result_ref,
        result_meta = o.meta,
        file_key = o.file_key,
        file_name = o.file_name,
        file_mime = o.file_mime,
        file_size = o.file_size,
        failure_code = o.failure_code,
        failure_reason = o.failure_reason
    FROM unnest(
        $1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
        $8::json[], $9::text[], $10::json[], $11::text[], $12::text[], $13::text[], $14::bigint[], $15::text[],
        $16::text[], $17::bytea[]
    ) AS o (
        id, fence, state, agent, instance, started_at, finished_at, result, result_ref, meta, file_key, file_name,
        file_mime, file_size, failure_code, failure_reason, claim_hash
    )
    WHERE jobs.id = o.id AND CASE
        WHEN o.claim_hash IS NOT NULL
            THEN jobs.state IN ('claimed', 'running') AND jobs.claim_hash = o.claim_hash
        ELSE (jobs.state IN ('claimed', 'running') AND jobs.fence = o.fence)
            OR (jobs.state = 'queued' AND jobs.fence < o.fence)
    END
    RETURNING jobs.id, jobs.account_id, jobs.state, jobs.export, jobs.webhook_url, jobs.finished_at,
        jobs.platform, jobs.pool, jobs.priority
), lease AS (
    DELETE FROM leases USING done WHERE leases.job_id = done.id
    RETURNING leases.job_id, leases.ack_subject
), exported AS (
    INSERT INTO exports (job_id, created_at, next_attempt_at)
    SELECT id, finished_at, now() FROM done WHERE export AND state = 'completed'
    ON CONFLICT DO NOTHING
), endpoint AS (
    INSERT INTO webhook_endpoints (id, account_id, url)
    SELECT DISTINCT md5(account_id::text || webhook_url)::uuid, account_id, webhook_url
    FROM done WHERE webhook_url IS NOT NULL
    ON CONFLICT DO NOTHING
), delivery AS (
    INSERT INTO webhook_deliveries (id, endpoint_id, job_id, event, created_at, next_attempt_at)
    SELECT gen_random_uuid(), md5(account_id::text || webhook_url)::uuid, id, 'job.' || state, now(), now()
    FROM done WHERE webhook_url IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT done.id, platform, pool, priority, (export AND state = 'completed') AS exported,
    webhook_url IS NOT NULL AS hooked, lease.ack_subject
FROM done LEFT JOIN lease ON lease.job_id = done.id

-- name: end_without_run
-- A job that ends without an outcome of its current attempt: cancelled, expired, or out of attempts.
WITH done AS (
    UPDATE jobs SET state = $2, finished_at = GREATEST(now(), created_at), failure_code = $3, failure_reason = $4
    WHERE id = $1 AND state = ANY ($5::text[])
    RETURNING id, account_id, state, webhook_url, finished_at, released, fence, epoch, instance, platform, pool, priority
), ended AS (
    DELETE FROM leases USING done WHERE leases.job_id = done.id
    RETURNING leases.ack_subject
), endpoint AS (
    INSERT INTO webhook_endpoints (id, account_id, url)
    SELECT md5(account_id::text || webhook_url)::uuid, account_id, webhook_url FROM done WHERE webhook_url IS NOT NULL
    ON CONFLICT DO NOTHING
), delivery AS (
    INSERT INTO webhook_deliveries (id, endpoint_id, job_id, event, created_at, next_attempt_at)
    SELECT gen_random_uuid(), md5(account_id::text || webhook_url)::uuid, id, 'job.' || state, now(), now()
    FROM done WHERE webhook_url IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT done.*, (SELECT ack_subject FROM ended) AS ack_subject FROM done

-- name: state
SELECT state, finished_at FROM jobs WHERE id = $1

-- name: requeue
-- The job goes back to the queue. $2: still in WORK (true) or to be released anew; $3: not before; $4: the attempt
-- counts.
UPDATE jobs SET state = 'queued', released = $2, run_at = $3,
    attempt = CASE WHEN $4 THEN attempt ELSE greatest(attempt - 1, 0) END,
    agent = NULL, instance = NULL, claim_hash = NULL, started_at = NULL, progress = NULL, progress_message = NULL
WHERE id = $1
RETURNING platform, pool, priority

-- name: progress
UPDATE jobs SET progress = p.percent, progress_message = p.message
FROM unnest($1::uuid[], $2::bigint[], $3::double precision[], $4::text[]) AS p (id, fence, percent, message)
WHERE jobs.id = p.id AND jobs.fence = p.fence AND jobs.state IN ('claimed', 'running')
    AND COALESCE(jobs.progress, 0) <= p.percent

-- name: output
INSERT INTO job_output (job_id, fence, seq, stream, text)
SELECT o.id, o.fence, o.seq, o.stream, o.text
FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::text[], $5::text[]) AS o (id, fence, seq, stream, text)
JOIN jobs ON jobs.id = o.id AND jobs.fence = o.fence
ON CONFLICT DO NOTHING
