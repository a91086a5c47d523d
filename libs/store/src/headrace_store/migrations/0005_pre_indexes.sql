-- no transaction
-- Built beside the writes; see ADR 0028.

-- Whether a job has an object as its input: for the sweep of orphan files.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_by_input ON jobs (input_key) WHERE input_key IS NOT NULL;
