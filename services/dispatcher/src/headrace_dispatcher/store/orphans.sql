-- Objects in the bucket that nothing in the record refers to, and how far the search for them has come.

-- name: orphans
-- Of the objects $1, each in the folder of a job or file $2, those that nothing refers to; $3: how many seconds a file
-- is still held for after it has expired or was deleted, since a submit may just be using it.
--
-- Whatever lies in the folder of a job that has not ended stays: its outcome may be on its way here. One that has ended
-- never changes again, so what it does not refer to now it never will.
SELECT o.key FROM unnest($1::text[], $2::uuid[]) AS o (key, owner)
WHERE NOT EXISTS (
        SELECT FROM files f
        WHERE f.id = o.owner AND f.key = o.key AND f.expires_at > now() - make_interval(secs => $3)
            AND (f.deleted_at IS NULL OR f.deleted_at > now() - make_interval(secs => $3))
    )
    -- The input of any job: a repeated one reads that of the first.
    AND NOT EXISTS (SELECT FROM jobs j WHERE j.input_key = o.key)
    AND NOT EXISTS (
        SELECT FROM jobs j
        WHERE j.id = o.owner
            AND (
                j.state NOT IN ('completed', 'failed', 'cancelled')
                OR j.file_key = o.key
                OR j.result_ref = o.key
                OR EXISTS (SELECT FROM json_array_elements(j.extra_files) AS e WHERE e ->> 'key' = o.key)
            )
    )
    AND NOT EXISTS (SELECT FROM job_output c WHERE c.job_id = o.owner AND c.ref = o.key)
    AND NOT EXISTS (
        SELECT FROM exports x WHERE x.job_id = o.owner AND o.key = 'results/' || x.job_id || '/result.json'
    )
    -- A destination in the site's own bucket may have a folder of ours as its prefix: what it got is not ours.
    AND NOT EXISTS (
        SELECT FROM publications p JOIN destinations d ON d.id = p.destination_id
        WHERE p.job_id = o.owner AND d.platform = 's3'
            AND split_part(d.config ->> 'prefix', '/', 1) = split_part(o.key, '/', 1)
    )

-- name: begin
INSERT INTO sweeps (prefix) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING

-- name: next
-- The prefix that is under way or due, and the last key that was looked at. A round begins $2 seconds after the last.
SELECT prefix, after_key FROM sweeps
WHERE prefix = ANY ($1::text[]) AND (finished_at IS NULL OR finished_at <= now() - make_interval(secs => $2))
ORDER BY prefix LIMIT 1

-- name: came_to
UPDATE sweeps SET after_key = $2, finished_at = NULL WHERE prefix = $1

-- name: finished
UPDATE sweeps SET after_key = '', finished_at = now() WHERE prefix = $1
