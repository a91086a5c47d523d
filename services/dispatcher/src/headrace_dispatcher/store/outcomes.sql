-- How jobs end. What follows from an end is written in the same statement: leases go, webhooks, exports and
-- publications are due.

-- name: finish
-- Outcomes of many attempts in one statement. The guard is the fence: the outcome counts when it comes from the
-- attempt that holds the job, or from a newer one that was too short to be started first (ADR 0003). An outcome over
-- REST shows its claim token instead. A job that is to be approved or published is staged, not over.
WITH done AS (
    UPDATE jobs SET
        state = CASE WHEN o.state = 'completed' AND (jobs.staging OR jobs.publishes) THEN 'staged' ELSE o.state END,
        fence = GREATEST(jobs.fence, o.fence),
        attempt = CASE WHEN jobs.fence < o.fence THEN jobs.attempt + 1 ELSE jobs.attempt END,
        agent = COALESCE(o.agent, jobs.agent),
        instance = o.instance,
        started_at = COALESCE(CASE WHEN jobs.fence >= o.fence THEN jobs.started_at END, o.started_at),
        finished_at = CASE
            WHEN o.state = 'completed' AND (jobs.staging OR jobs.publishes) THEN NULL
            ELSE GREATEST(o.finished_at, jobs.created_at)
        END,
        approved_at = CASE
            WHEN o.state = 'completed' AND jobs.publishes AND NOT jobs.staging THEN now() ELSE jobs.approved_at
        END,
        result = o.result,
        result_ref = o.result_ref,
        result_meta = o.meta,
        file_key = o.file_key,
        file_name = o.file_name,
        file_mime = o.file_mime,
        file_size = o.file_size,
        extra_files = o.extra_files,
        exit_code = o.exit_code,
        failure_code = o.failure_code,
        failure_reason = o.failure_reason
    FROM unnest(
        $1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
        $8::json[], $9::text[], $10::json[], $11::text[], $12::text[], $13::text[], $14::bigint[], $15::json[],
        $16::integer[], $17::text[], $18::text[], $19::bytea[]
    ) AS o (
        id, fence, state, agent, instance, started_at, finished_at, result, result_ref, meta, file_key, file_name,
        file_mime, file_size, extra_files, exit_code, failure_code, failure_reason, claim_hash
    )
    WHERE jobs.id = o.id AND CASE
        WHEN o.claim_hash IS NOT NULL
            THEN jobs.state IN ('claimed', 'running') AND jobs.claim_hash = o.claim_hash
        ELSE (jobs.state IN ('claimed', 'running') AND jobs.fence = o.fence)
            OR (jobs.state = 'queued' AND jobs.fence < o.fence)
    END
    RETURNING jobs.id, jobs.account_id, jobs.state, jobs.export, jobs.webhook_url, jobs.finished_at, jobs.attempt,
        jobs.agent, jobs.exit_code, jobs.failure_code, jobs.failure_reason, jobs.platform, jobs.pool, jobs.priority,
        jobs.publishes, jobs.approved_at, jobs.publish_at
), lease AS (
    DELETE FROM leases USING done WHERE leases.job_id = done.id
    RETURNING leases.job_id, leases.ack_subject
), publication AS (
    UPDATE publications SET
        state = CASE done.state WHEN 'staged' THEN 'pending' ELSE 'cancelled' END,
        next_attempt_at = CASE done.state WHEN 'staged' THEN GREATEST(now(), done.publish_at) END,
        finished_at = CASE done.state WHEN 'failed' THEN now() END,
        error = CASE done.state WHEN 'failed' THEN 'the job failed' END
    FROM done
    WHERE publications.job_id = done.id AND publications.state = 'held' AND done.publishes
        AND (done.state = 'failed' OR (done.state = 'staged' AND done.approved_at IS NOT NULL))
), exported AS (
    INSERT INTO exports (job_id, created_at, next_attempt_at)
    SELECT id, finished_at, now() FROM done WHERE export AND state = 'completed'
    ON CONFLICT DO NOTHING
), endpoint AS (
    INSERT INTO webhook_endpoints (id, account_id, url)
    SELECT DISTINCT md5(account_id::text || webhook_url)::uuid, account_id, webhook_url
    FROM done WHERE webhook_url IS NOT NULL AND state <> 'staged'
    ON CONFLICT DO NOTHING
), delivery AS (
    INSERT INTO webhook_deliveries (id, endpoint_id, job_id, event, created_at, next_attempt_at)
    -- The address that the job named, under the id that it was first written with,
    SELECT gen_random_uuid(),
        COALESCE(
            (SELECT e.id FROM webhook_endpoints e WHERE e.account_id = done.account_id AND e.url = done.webhook_url),
            md5(account_id::text || webhook_url)::uuid
        ),
        id, 'job.' || state, now(), now()
    FROM done WHERE webhook_url IS NOT NULL AND state <> 'staged'
    UNION ALL
    -- and all endpoints that hear of every job of the account.
    SELECT gen_random_uuid(), e.id, done.id, 'job.' || done.state, now(), now()
    FROM done, LATERAL (
        SELECT id, events FROM webhook_endpoints
        WHERE account_id = done.account_id AND subscribed AND deleted_at IS NULL
        OFFSET 0 -- asked for each account, instead of reading all endpoints there are
    ) AS e
    WHERE done.state <> 'staged' AND (e.events = '{}' OR 'job.' || done.state = ANY (e.events))
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT done.id, account_id, state, finished_at, attempt, agent, exit_code, failure_code, failure_reason, platform,
    pool, priority, (export AND state = 'completed') OR EXISTS (SELECT FROM delivery) AS outgoing,
    lease.ack_subject
FROM done LEFT JOIN lease ON lease.job_id = done.id

-- name: policies
-- What decides of another attempt; none of it changes in the life of a job.
SELECT id, model, retry, max_attempts FROM jobs WHERE id = ANY ($1::uuid[])

-- name: end_without_run
-- A job that ends without an outcome of its current attempt: cancelled, expired, or out of attempts.
WITH done AS (
    UPDATE jobs SET state = $2, finished_at = GREATEST(now(), created_at), failure_code = $3, failure_reason = $4
    -- As CASE, so that the planner takes the primary key and does not walk the index of all that waits.
    WHERE id = $1 AND CASE WHEN state = ANY ($5::text[]) THEN true ELSE false END
    RETURNING id, account_id, state, webhook_url, finished_at, released, fence, instance, platform, pool, priority,
        attempt, agent, exit_code, failure_code, failure_reason
), ended AS (
    DELETE FROM leases USING done WHERE leases.job_id = done.id
    RETURNING leases.ack_subject
), publication AS (
    UPDATE publications SET state = 'cancelled', next_attempt_at = NULL, finished_at = now(),
        error = 'the job was ' || done.state
    FROM done
    WHERE publications.job_id = done.id AND publications.state IN ('held', 'pending')
), endpoint AS (
    INSERT INTO webhook_endpoints (id, account_id, url)
    SELECT md5(account_id::text || webhook_url)::uuid, account_id, webhook_url FROM done WHERE webhook_url IS NOT NULL
    ON CONFLICT DO NOTHING
), delivery AS (
    INSERT INTO webhook_deliveries (id, endpoint_id, job_id, event, created_at, next_attempt_at)
    SELECT gen_random_uuid(),
        COALESCE(
            (SELECT e.id FROM webhook_endpoints e WHERE e.account_id = done.account_id AND e.url = done.webhook_url),
            md5(account_id::text || webhook_url)::uuid
        ),
        id, 'job.' || state, now(), now()
    FROM done WHERE webhook_url IS NOT NULL
    UNION ALL
    SELECT gen_random_uuid(), e.id, done.id, 'job.' || done.state, now(), now()
    FROM done, LATERAL (
        SELECT id, events FROM webhook_endpoints
        WHERE account_id = done.account_id AND subscribed AND deleted_at IS NULL
        OFFSET 0 -- asked for each account, instead of reading all endpoints there are
    ) AS e
    WHERE e.events = '{}' OR 'job.' || done.state = ANY (e.events)
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT done.*, (SELECT ack_subject FROM ended) AS ack_subject, EXISTS (SELECT FROM delivery) AS outgoing FROM done
