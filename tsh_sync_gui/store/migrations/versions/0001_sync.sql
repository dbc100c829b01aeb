-- The ledger: runs, checkpoints, dead letters, budget, tokens, shared settings.

CREATE TABLE sync.absences (
    path TEXT NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (path)
);

CREATE TABLE sync.access_tokens (
    accounts_url TEXT NOT NULL,
    client_id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    sign_in BYTEA,
    nonce BYTEA,
    sealed BYTEA,
    expires_at TIMESTAMP WITH TIME ZONE,
    refreshed TIMESTAMP WITH TIME ZONE[] DEFAULT '{}'::timestamptz[] NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (accounts_url, client_id, organization_id)
);

CREATE TABLE sync.api_calls (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    run_id TEXT,
    entity TEXT DEFAULT '' NOT NULL,
    lane TEXT DEFAULT '' NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    method TEXT DEFAULT '' NOT NULL,
    path TEXT DEFAULT '' NOT NULL,
    status INTEGER DEFAULT 0 NOT NULL,
    code INTEGER,
    milliseconds INTEGER DEFAULT 0 NOT NULL,
    size BIGINT DEFAULT 0 NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    error TEXT DEFAULT '' NOT NULL,
    request TEXT DEFAULT '' NOT NULL,
    answer TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_api_calls_run_id ON sync.api_calls (run_id, sent_at) WHERE run_id IS NOT NULL;
CREATE INDEX ix_api_calls_sent_at ON sync.api_calls (sent_at);

CREATE TABLE sync.call_slots (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    caller INTEGER NOT NULL,
    lane TEXT NOT NULL,
    number INTEGER DEFAULT 1 NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    counts_until TIMESTAMP WITH TIME ZONE NOT NULL,
    open BOOLEAN DEFAULT false NOT NULL,
    PRIMARY KEY (id)
)
 WITH (fillfactor = 50);
CREATE INDEX ix_call_slots_counts_until ON sync.call_slots (counts_until);

CREATE TABLE sync.callers (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    machine TEXT NOT NULL,
    pid INTEGER NOT NULL,
    permits INTEGER DEFAULT 0 NOT NULL,
    waiting_since TIMESTAMP WITH TIME ZONE,
    wakes_at TIMESTAMP WITH TIME ZONE,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
)
 WITH (fillfactor = 50);

CREATE TABLE sync.dead_letters (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    entity TEXT NOT NULL,
    part TEXT DEFAULT 'list' NOT NULL,
    record_id TEXT DEFAULT '' NOT NULL,
    record_key TEXT NOT NULL,
    state TEXT NOT NULL,
    cause TEXT DEFAULT '' NOT NULL,
    field TEXT DEFAULT '' NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    payload BYTEA DEFAULT '\x'::bytea NOT NULL,
    tries INTEGER DEFAULT 1 NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    run_id TEXT DEFAULT '' NOT NULL,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolved_by TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT ck_dead_letters_state CHECK (state IN ('open', 'resolved', 'discarded'))
);
CREATE INDEX ix_dead_letters_last_seen_at ON sync.dead_letters (last_seen_at DESC);
CREATE INDEX ix_dead_letters_run_id ON sync.dead_letters (run_id);
CREATE UNIQUE INDEX uq_dead_letters_record ON sync.dead_letters (entity, record_key, part) WHERE state <> 'resolved';

CREATE TABLE sync.events (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_events_at ON sync.events (at);

CREATE TABLE sync.organization (
    "only" BOOLEAN DEFAULT true NOT NULL,
    id TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    currency_code TEXT DEFAULT '' NOT NULL,
    time_zone TEXT DEFAULT '' NOT NULL,
    bound_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY ("only"),
    CONSTRAINT ck_organization_only CHECK ("only")
);

CREATE TABLE sync.quota (
    "only" BOOLEAN DEFAULT true NOT NULL,
    own BIGINT DEFAULT 0 NOT NULL,
    elsewhere BIGINT DEFAULT 0 NOT NULL,
    by_lane JSONB DEFAULT '{}'::jsonb NOT NULL,
    resets_at TIMESTAMP WITH TIME ZONE,
    heard_limit BIGINT,
    heard_at TIMESTAMP WITH TIME ZONE,
    epoch INTEGER DEFAULT 0 NOT NULL,
    held_until TIMESTAMP WITH TIME ZONE,
    day_refused BOOLEAN DEFAULT false NOT NULL,
    concurrency INTEGER,
    lowered_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY ("only"),
    CONSTRAINT ck_quota_only CHECK ("only")
)
 WITH (fillfactor = 50);

CREATE TABLE sync.runs (
    id TEXT NOT NULL,
    leader TEXT NOT NULL,
    entity TEXT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    phase TEXT NOT NULL,
    trigger TEXT DEFAULT '' NOT NULL,
    machine TEXT DEFAULT '' NOT NULL,
    "user" TEXT DEFAULT '' NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    heartbeat_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    request JSON DEFAULT '{}'::json NOT NULL,
    seen BIGINT DEFAULT 0 NOT NULL,
    created BIGINT DEFAULT 0 NOT NULL,
    updated BIGINT DEFAULT 0 NOT NULL,
    unchanged BIGINT DEFAULT 0 NOT NULL,
    deleted BIGINT DEFAULT 0 NOT NULL,
    failed BIGINT DEFAULT 0 NOT NULL,
    calls_list INTEGER DEFAULT 0 NOT NULL,
    calls_bulk INTEGER DEFAULT 0 NOT NULL,
    calls_detail INTEGER DEFAULT 0 NOT NULL,
    pages INTEGER DEFAULT 0 NOT NULL,
    expected BIGINT,
    details_done BIGINT DEFAULT 0 NOT NULL,
    details_total BIGINT DEFAULT 0 NOT NULL,
    forecast_calls BIGINT,
    waiting_for TEXT DEFAULT '' NOT NULL,
    waiting_until TIMESTAMP WITH TIME ZONE,
    seconds DOUBLE PRECISION DEFAULT 0 NOT NULL,
    error_kind TEXT DEFAULT '' NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    advice TEXT DEFAULT '' NOT NULL,
    cause TEXT DEFAULT '' NOT NULL,
    dry_run BOOLEAN DEFAULT false NOT NULL,
    organization_id TEXT DEFAULT '' NOT NULL,
    checkpoint JSON,
    asked TEXT DEFAULT '' NOT NULL,
    pid INTEGER DEFAULT 0 NOT NULL,
    host TEXT DEFAULT '' NOT NULL,
    owner TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_runs_entity ON sync.runs (entity, started_at DESC);
CREATE INDEX ix_runs_leader ON sync.runs (leader);
CREATE INDEX ix_runs_open ON sync.runs (entity) WHERE ended_at IS NULL;
CREATE INDEX ix_runs_started_at ON sync.runs (started_at DESC);

CREATE TABLE sync.settings (
    key TEXT NOT NULL,
    value JSON NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_by TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (key)
);

CREATE TABLE sync.watermarks (
    entity TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE,
    walked_at TIMESTAMP WITH TIME ZONE,
    full_walk_at TIMESTAMP WITH TIME ZONE,
    last_good_at TIMESTAMP WITH TIME ZONE,
    last_run TEXT,
    live BIGINT DEFAULT 0 NOT NULL,
    remote BIGINT,
    filter_absent BOOLEAN DEFAULT false NOT NULL,
    details_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (entity)
);

CREATE TABLE sync.walk_pages (
    leader TEXT NOT NULL,
    page INTEGER NOT NULL,
    ids TEXT[] NOT NULL,
    PRIMARY KEY (leader, page),
    CONSTRAINT fk_walk_pages_leader FOREIGN KEY(leader) REFERENCES sync.runs (id) ON DELETE CASCADE
);

INSERT INTO sync.quota DEFAULT VALUES;
