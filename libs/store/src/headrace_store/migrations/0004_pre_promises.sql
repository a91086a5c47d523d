-- What the promises need: retry policies, queue timeouts, dead letters, aging, turns of tenants, quotas, pauses, drains.

ALTER TABLE jobs
    -- The class that was asked for, where aging has lifted the job; `priority` is the class in which it waits.
    -- Whether the rows that are there obey is asked by the next migration, beside the writes.
    ADD COLUMN asked_priority smallint,
    ADD CONSTRAINT jobs_asked_priority_check CHECK (asked_priority BETWEEN 0 AND 3) NOT VALID,
    -- Retry policy (headrace_contracts.jobs.retry); null = the model's.
    ADD COLUMN retry json,
    -- How long it may wait for its first start, and until when that is.
    ADD COLUMN queue_timeout_s double precision,
    ADD COLUMN start_by timestamptz;

-- What a template says of the jobs made from it, beside their payload.
ALTER TABLE templates
    ADD COLUMN retry json,
    ADD COLUMN queue_timeout_s double precision;

ALTER TABLE accounts
    -- The most jobs that may wait (scheduled or queued) and that may be in motion (in WORK or held); null = no limit.
    ADD COLUMN max_queued integer CHECK (max_queued >= 0),
    ADD COLUMN max_running integer CHECK (max_running >= 0);
-- The few whose jobs are released one tenant at a time.
CREATE INDEX accounts_limited ON accounts (id) WHERE max_running IS NOT NULL;

-- When a tenant last had its turn in a lane. Unlogged: losing it in a crash of Postgres begins a new round.
CREATE UNLOGGED TABLE lane_turns (
    platform text NOT NULL,
    pool text NOT NULL,
    priority smallint NOT NULL,
    account_id uuid NOT NULL,
    served_at timestamptz NOT NULL,
    PRIMARY KEY (platform, pool, priority, account_id)
);
CREATE INDEX lane_turns_old ON lane_turns (served_at);

-- Pools whose jobs do not start for now; a pool may be a model's default one, which has no row in `pools`.
CREATE TABLE paused_pools (
    pool text PRIMARY KEY,
    reason text NOT NULL DEFAULT '',
    paused_at timestamptz NOT NULL DEFAULT now()
);

-- Agents (by name, so that a restart changes nothing) that are to take no more jobs.
CREATE TABLE agent_drains (
    agent text PRIMARY KEY,
    reason text NOT NULL DEFAULT '',
    drained_at timestamptz NOT NULL DEFAULT now()
);

-- ---- Dead letters -----------------------------------------------------------------------------------------------

-- Jobs that failed for good, until somebody replays or discards them.
CREATE TABLE dead_letters (
    job_id uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES accounts (id),
    model text NOT NULL,
    pool text NOT NULL,
    -- headrace_contracts.messages.events.FailureCode; null = none was given.
    code text,
    reason text,
    attempts smallint NOT NULL,
    at timestamptz NOT NULL,
    settled text CHECK (settled IN ('replayed', 'discarded')),
    settled_at timestamptz,
    -- The job that repeats it.
    replayed_as uuid
);
CREATE INDEX dead_letters_open ON dead_letters (account_id, job_id) WHERE settled IS NULL;
-- For operators, who look at those of all accounts.
CREATE INDEX dead_letters_all ON dead_letters (job_id) WHERE settled IS NULL;

-- Whoever ends a job as failed, it is on the list.
CREATE FUNCTION bury_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dead_letters (job_id, account_id, model, pool, code, reason, attempts, at)
    VALUES (NEW.id, NEW.account_id, NEW.model, NEW.pool, NEW.failure_code, NEW.failure_reason, NEW.attempt,
        COALESCE(NEW.finished_at, now()))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER jobs_bury AFTER UPDATE OF state ON jobs
FOR EACH ROW
WHEN (NEW.state = 'failed' AND OLD.state <> 'failed')
EXECUTE FUNCTION bury_job();
