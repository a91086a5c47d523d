-- Files that holders of claims hand in ahead of the outcome.

-- name: note
-- Only while the claim with the hash $2 holds job $1; the lock keeps an outcome from being recorded meanwhile.
WITH held AS (
    SELECT id, fence FROM jobs WHERE id = $1 AND claim_hash = $2 AND state IN ('claimed', 'running') FOR SHARE
), old AS (
    SELECT key FROM handed_in WHERE job_id = $1
)
INSERT INTO handed_in (job_id, fence, key, name, mime, size)
SELECT id, fence, $3, $4, $5, $6 FROM held
ON CONFLICT (job_id) DO UPDATE
SET fence = excluded.fence, key = excluded.key, name = excluded.name, mime = excluded.mime, size = excluded.size
RETURNING (SELECT key FROM old) AS replaced

-- name: get
-- Of the current attempt, if it is that of the claim with the hash $2.
SELECT h.key, h.name, h.mime, h.size FROM handed_in h JOIN jobs j ON j.id = h.job_id AND j.fence = h.fence
WHERE h.job_id = $1 AND j.claim_hash = $2
