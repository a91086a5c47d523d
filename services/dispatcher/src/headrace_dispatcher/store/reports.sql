-- What a run says of itself while it goes on.

-- name: progress
UPDATE jobs SET progress = p.percent, progress_message = p.message
FROM unnest($1::uuid[], $2::bigint[], $3::double precision[], $4::text[]) AS p (id, fence, percent, message)
WHERE jobs.id = p.id AND jobs.fence = p.fence AND jobs.state IN ('claimed', 'running')
    AND COALESCE(jobs.progress, 0) <= p.percent
RETURNING jobs.id, jobs.account_id, jobs.attempt, jobs.agent, jobs.progress, jobs.progress_message

-- name: output
-- Chunks that are new, of attempts that are current.
WITH kept AS (
    INSERT INTO job_output (job_id, fence, seq, stream, text)
    SELECT o.id, o.fence, o.seq, o.stream, o.text
    FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::text[], $5::text[]) AS o (id, fence, seq, stream, text)
    JOIN jobs ON jobs.id = o.id AND jobs.fence = o.fence
    ON CONFLICT DO NOTHING
    RETURNING job_id, fence, seq
)
SELECT kept.fence, kept.seq, jobs.id, jobs.account_id, jobs.attempt, jobs.agent
FROM kept JOIN jobs ON jobs.id = kept.job_id

-- name: output_kept
-- Bytes of output in the record of job $1; every row counts as $2 bytes at least.
SELECT COALESCE(sum(greatest(octet_length(text), $2)), 0)::bigint FROM job_output WHERE job_id = $1 AND ref IS NULL

-- name: append_output
-- The next chunk of an attempt whose job is locked.
INSERT INTO job_output (job_id, fence, seq, stream, text, ref, size)
SELECT $1, $2, COALESCE((SELECT max(seq) + 1 FROM job_output WHERE job_id = $1 AND fence = $2), 0), $3, $4, $5, $6
