-- The record: every job, attempt, agent, webhook and export.

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Jobs of dialects whose client routes need no key.
INSERT INTO accounts (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'public');

-- Bearer tokens of agents that speak REST; only hashes are kept.
CREATE TABLE agent_tokens (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    dialect text NOT NULL,
    model text NOT NULL,
    -- json, not jsonb: it is handed on as it came, never searched.
    payload json NOT NULL,
    platform text NOT NULL,
    pool text NOT NULL,
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 3),
    state text NOT NULL CHECK (
        state IN ('scheduled', 'queued', 'claimed', 'running', 'staged', 'completed', 'failed', 'cancelled')
    ),
    created_at timestamptz NOT NULL,
    -- Not before this time: a schedule, or the back-off of a retry.
    run_at timestamptz,
    timeout_s double precision NOT NULL,
    max_attempts smallint NOT NULL,
    input_key text,
    input_mime text,
    input_name text,
    input_size bigint,
    webhook_url text,
    -- True: the result is also exported as results/<id>/result.json.
    export boolean NOT NULL,
    -- W3C traceparent of the request that made the job.
    trace text,

    -- Motion. released: handed to WORK in the release number `epoch`.
    released boolean NOT NULL DEFAULT false,
    epoch integer NOT NULL DEFAULT 0,

    -- The current attempt: its number (crashes counted, handed-back ones not) and its fencing token.
    attempt smallint NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    agent text,
    instance text,
    claim_hash bytea,
    started_at timestamptz,
    progress double precision,
    progress_message text,

    -- The outcome.
    finished_at timestamptz,
    result json,
    result_ref text,
    result_meta json,
    file_key text,
    file_name text,
    file_mime text,
    file_size bigint,
    failure_code text,
    failure_reason text
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- What waits, in the record and in WORK, in the order in which it goes: oldest first within a lane (ids sort by age).
CREATE INDEX jobs_waiting ON jobs (released, platform, pool, priority, id) WHERE state = 'queued';
-- What is in motion: for the reconcile, the reclaim of lost agents and the count of what waits.
CREATE INDEX jobs_in_motion ON jobs (instance) WHERE released AND state IN ('queued', 'claimed', 'running');
CREATE INDEX jobs_scheduled ON jobs (run_at) WHERE state = 'scheduled';

-- Attempts that ended without ending the job; the current or last attempt is in the job's own row.
CREATE TABLE attempts (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    fence bigint NOT NULL,
    number smallint NOT NULL,
    agent text,
    instance text,
    started_at timestamptz,
    ended_at timestamptz NOT NULL,
    -- A failure code, or 'handed_back'.
    outcome text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (job_id, fence)
);

-- Claims of REST agents: the message of WORK is held for them under its ack subject.
CREATE TABLE leases (
    job_id uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    fence bigint NOT NULL,
    ack_subject text NOT NULL,
    lease_s double precision NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX leases_expiry ON leases (expires_at);

-- One row a run of an agent process.
CREATE TABLE agents (
    instance text PRIMARY KEY,
    agent text NOT NULL,
    platform text NOT NULL,
    pools text[] NOT NULL,
    models text[] NOT NULL,
    missing json NOT NULL,
    slots integer NOT NULL,
    -- The jobs that it runs, as of its last heartbeat.
    running uuid[] NOT NULL,
    draining boolean NOT NULL,
    version text NOT NULL,
    hostname text NOT NULL,
    transport text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    gone_at timestamptz
);
CREATE INDEX agents_here ON agents (seen_at) WHERE gone_at IS NULL;

CREATE TABLE job_output (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    fence bigint NOT NULL,
    seq integer NOT NULL,
    stream text NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (job_id, fence, seq)
);

CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    url text NOT NULL,
    -- whsec_...; null = the site's secret.
    secret text,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Set after days without success, or when the receiver answers 410.
    disabled_at timestamptz,
    disabled_reason text,
    first_failure_at timestamptz,
    UNIQUE (account_id, url)
);

-- One row an outcome and endpoint; its id is the webhook-id, the same on every attempt.
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    event text NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'exhausted', 'held')),
    attempts integer NOT NULL DEFAULT 0,
    -- When it is to be sent (again); the relay moves it on while a message of HOOKS carries it.
    next_attempt_at timestamptz,
    UNIQUE (job_id, endpoint_id, event)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id DESC);

CREATE TABLE webhook_attempts (
    delivery_id uuid NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    -- HTTP status of the answer; null when there was none.
    status integer,
    -- Kind of failure without an answer: refused_address, timeout, connection, ...
    error text,
    duration_ms integer NOT NULL,
    response_head text,
    PRIMARY KEY (delivery_id, number)
);

-- Results that are to be written to S3 as results/<id>/result.json.
CREATE TABLE exports (
    job_id uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'exported', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    error text
);
CREATE INDEX exports_due ON exports (next_attempt_at) WHERE state = 'pending';
