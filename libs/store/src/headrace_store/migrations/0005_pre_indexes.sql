-- no transaction
-- Indexes of 0004 and of the sweep of orphan files, built beside the writes (ADR 0028).

ALTER TABLE jobs VALIDATE CONSTRAINT jobs_asked_priority_check;

-- The conditions of the next three stand in a CASE, so that the planner takes these indexes for the statements that
-- repeat them word by word, and never for others in place of their own.
-- What waits in the record, tenant by tenant: tenants take turns within a lane.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_turns ON jobs (platform, pool, priority, account_id, id)
    WHERE CASE state WHEN 'queued' THEN NOT released ELSE false END;
-- What a tenant has in motion (in WORK, or held by an agent), in a lane and in all: for its turns and its limit.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_in_motion_by_account ON jobs (account_id, platform, pool, priority)
    WHERE CASE state WHEN 'queued' THEN released ELSE state IN ('claimed', 'running') END;
-- What may be lifted by its age, oldest first for each class that it waits in and that was asked for.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_aging
    ON jobs (priority, COALESCE(asked_priority, priority), GREATEST(created_at, run_at))
    WHERE CASE state WHEN 'queued' THEN priority < 2 ELSE false END;
-- What an account has waiting, for its quota.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_waiting_by_account
    ON jobs (account_id) WHERE state IN ('scheduled', 'queued');
-- What is to start and has not, by the time that is left for it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_start_by
    ON jobs (start_by) WHERE start_by IS NOT NULL AND state IN ('scheduled', 'queued');
-- What a pool's jobs did last: how long they ran is what estimates are made of, however much waits behind them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_ended ON jobs (pool, finished_at) WHERE finished_at IS NOT NULL;
-- Whether a job has an object as its input: for the sweep of orphan files.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_by_input ON jobs (input_key) WHERE input_key IS NOT NULL;
