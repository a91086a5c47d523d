-- Jobs that failed for good. Filters may be null; ids sort by age. The account comes as a filter of its own kind: each
-- statement goes by the index of one account's letters or by that of all.

-- name: page_of_account
SELECT job_id, account_id, model, pool, code, reason, attempts, at, settled, settled_at, replayed_as
FROM dead_letters
WHERE settled IS NULL AND account_id = $1 AND ($2::text IS NULL OR model = $2) AND ($3::text IS NULL OR code = $3)
    AND ($4::text IS NULL OR pool = $4) AND ($5::timestamptz IS NULL OR at >= $5)
    AND ($6::timestamptz IS NULL OR at < $6) AND ($7::uuid IS NULL OR job_id < $7)
ORDER BY job_id DESC LIMIT $8

-- name: oldest_of_account
SELECT job_id, account_id, model, pool, code, reason, attempts, at, settled, settled_at, replayed_as
FROM dead_letters
WHERE settled IS NULL AND account_id = $1 AND ($2::text IS NULL OR model = $2) AND ($3::text IS NULL OR code = $3)
    AND ($4::text IS NULL OR pool = $4) AND ($5::timestamptz IS NULL OR at >= $5)
    AND ($6::timestamptz IS NULL OR at < $6) AND ($7::uuid IS NULL OR job_id > $7)
ORDER BY job_id LIMIT $8

-- name: page_of_all
SELECT job_id, account_id, model, pool, code, reason, attempts, at, settled, settled_at, replayed_as
FROM dead_letters
WHERE settled IS NULL AND $1::uuid IS NULL AND ($2::text IS NULL OR model = $2) AND ($3::text IS NULL OR code = $3)
    AND ($4::text IS NULL OR pool = $4) AND ($5::timestamptz IS NULL OR at >= $5)
    AND ($6::timestamptz IS NULL OR at < $6) AND ($7::uuid IS NULL OR job_id < $7)
ORDER BY job_id DESC LIMIT $8

-- name: oldest_of_all
SELECT job_id, account_id, model, pool, code, reason, attempts, at, settled, settled_at, replayed_as
FROM dead_letters
WHERE settled IS NULL AND $1::uuid IS NULL AND ($2::text IS NULL OR model = $2) AND ($3::text IS NULL OR code = $3)
    AND ($4::text IS NULL OR pool = $4) AND ($5::timestamptz IS NULL OR at >= $5)
    AND ($6::timestamptz IS NULL OR at < $6) AND ($7::uuid IS NULL OR job_id > $7)
ORDER BY job_id LIMIT $8

-- name: total_of_account
SELECT count(*) FROM dead_letters
WHERE settled IS NULL AND account_id = $1 AND ($2::text IS NULL OR model = $2) AND ($3::text IS NULL OR code = $3)
    AND ($4::text IS NULL OR pool = $4) AND ($5::timestamptz IS NULL OR at >= $5)
    AND ($6::timestamptz IS NULL OR at < $6)

-- name: total_of_all
SELECT count(*) FROM dead_letters
WHERE settled IS NULL AND $1::uuid IS NULL AND ($2::text IS NULL OR model = $2) AND ($3::text IS NULL OR code = $3)
    AND ($4::text IS NULL OR pool = $4) AND ($5::timestamptz IS NULL OR at >= $5)
    AND ($6::timestamptz IS NULL OR at < $6)

-- name: get
SELECT job_id, account_id, model, pool, code, reason, attempts, at, settled, settled_at, replayed_as
FROM dead_letters WHERE job_id = $1

-- name: runs
-- The last $2 attempts of a job, first to last: those that ended without ending it, and the one in its own row.
SELECT * FROM (
    SELECT fence, number, agent, started_at, ended_at, outcome, reason FROM attempts WHERE job_id = $1
    UNION ALL
    SELECT fence, attempt, agent, started_at, finished_at, COALESCE(failure_code, state), failure_reason FROM jobs
    WHERE id = $1 AND attempt > 0 AND agent IS NOT NULL
        AND NOT EXISTS (SELECT FROM attempts a WHERE a.job_id = jobs.id AND a.fence = jobs.fence)
    ORDER BY fence DESC LIMIT $2
) AS run
ORDER BY fence

-- name: tails
-- The last $3 pieces of output of each of these attempts.
SELECT run.fence, o.seq, o.stream, o.text, o.ref, o.size, o.at
FROM unnest($2::bigint[]) AS run (fence), LATERAL (
    SELECT seq, stream, text, ref, size, at FROM job_output
    WHERE job_id = $1 AND fence = run.fence
    ORDER BY seq DESC LIMIT $3
) AS o
ORDER BY run.fence, o.seq

-- name: discard
UPDATE dead_letters SET settled = 'discarded', settled_at = now() WHERE job_id = $1 AND settled IS NULL
RETURNING job_id

-- name: discard_all
-- These, where nobody was faster.
UPDATE dead_letters SET settled = 'discarded', settled_at = now()
WHERE job_id = ANY ($1::uuid[]) AND settled IS NULL
RETURNING job_id
