-- Jobs whose work is done and that are approved, scheduled and published.

-- name: approve
-- A staged job may be published: its publications are due, at once or at their time.
WITH approved AS (
    UPDATE jobs SET approved_at = now() WHERE id = $1 AND state = 'staged' AND approved_at IS NULL
    RETURNING id, publish_at
), due AS (
    UPDATE publications SET state = 'pending', next_attempt_at = GREATEST(now(), approved.publish_at)
    FROM approved WHERE publications.job_id = approved.id AND publications.state = 'held'
)
SELECT id FROM approved

-- name: set_publish_at
-- Another time for the publications of job $1 that have not begun; whether there was one. A publication that waits for
-- another moment than the job's time, or was tried, is in the hands of the publisher: it holds it by that moment.
-- A job without publications keeps the time, which then only shows.
WITH waiting AS (
    SELECT p.id FROM publications p JOIN jobs ON jobs.id = p.job_id
    WHERE p.job_id = $1 AND CASE p.state
        WHEN 'held' THEN true
        WHEN 'pending' THEN p.attempts = 0 AND (p.next_attempt_at <= now() OR p.next_attempt_at = jobs.publish_at)
        ELSE false
    END
    FOR UPDATE OF p
), moved AS (
    UPDATE publications SET next_attempt_at = GREATEST(now(), $2)
    FROM waiting
    WHERE publications.id = waiting.id AND CASE publications.state WHEN 'pending' THEN true ELSE false END
), job AS (
    UPDATE jobs SET publish_at = $2 WHERE id = $1 AND (NOT publishes OR EXISTS (SELECT FROM waiting))
    RETURNING id
)
SELECT EXISTS (SELECT FROM job)

-- name: unsettled
-- Jobs whose publications have all ended. Those whose time is yet to come are passed over by a look at their row.
SELECT id FROM jobs
WHERE state = 'staged' AND approved_at IS NOT NULL AND (NOT publishes OR publish_at IS NULL OR publish_at <= now())
    AND NOT EXISTS (
        SELECT FROM publications
        WHERE publications.job_id = jobs.id AND publications.state IN ('held', 'pending')
    )
LIMIT $1

-- name: settle
-- The end of jobs whose publications have all ended: completed when one was published or there was none to publish.
-- What follows is as in `finish`.
WITH ready AS (
    SELECT jobs.id FROM unnest($1::uuid[]) AS c (id) JOIN jobs ON jobs.id = c.id
    -- As CASE, so that the planner takes the primary key and does not walk the index of all that is published.
    WHERE CASE jobs.state WHEN 'staged' THEN jobs.approved_at IS NOT NULL ELSE false END
    FOR UPDATE OF jobs SKIP LOCKED
), verdict AS (
    SELECT ready.id,
        count(p.id) = 0 OR count(*) FILTER (WHERE p.state = 'published') > 0 AS good,
        left(string_agg(d.name || ': ' || COALESCE(p.error, p.state), '; ' ORDER BY d.name), $2) AS reasons
    FROM ready
    LEFT JOIN publications p ON p.job_id = ready.id
    LEFT JOIN destinations d ON d.id = p.destination_id
    GROUP BY ready.id
    HAVING count(*) FILTER (WHERE p.state IN ('held', 'pending')) = 0
), done AS (
    UPDATE jobs SET
        state = CASE WHEN good THEN 'completed' ELSE 'failed' END,
        finished_at = GREATEST(now(), created_at),
        failure_code = CASE WHEN NOT good THEN 'publish' END,
        failure_reason = CASE WHEN NOT good THEN reasons END
    FROM verdict
    WHERE jobs.id = verdict.id AND CASE jobs.state WHEN 'staged' THEN true ELSE false END
    RETURNING jobs.id, account_id, state, export, webhook_url, finished_at, attempt, agent, exit_code, failure_code,
        failure_reason, platform, pool, priority
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
)
SELECT id, account_id, state, finished_at, attempt, agent, exit_code, failure_code, failure_reason FROM done
