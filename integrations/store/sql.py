"""The statements of a push, each over a whole batch; `unnest` carries the batch's columns in."""

# On tables that have just grown the planner knows nothing: look-ups by a whole batch of keys cannot go as wrong as
# anti-joins, lateral joins and subqueries per row.
BUSY = """
    SELECT item_id FROM integrations_writeintent WHERE tenant_id = %(tenant)s AND settled_at IS NULL
"""

CLAIM = """
    WITH due AS (
        SELECT i.id, i.run_id FROM integrations_outboxitem i
        WHERE i.tenant_id = %(tenant)s AND i.flow_id = %(flow)s AND i.state = 'ready' AND i.not_before <= now()
          AND i.id <> ALL(%(busy)s::bigint[])
        ORDER BY i.not_before, i.id LIMIT %(limit)s
    )
    UPDATE integrations_outboxitem i SET attempts = i.attempts + 1, run_id = %(run)s, outcome = 'claimed'
    FROM due WHERE i.tenant_id = %(tenant)s AND i.id = due.id
    RETURNING i.id, due.run_id IS DISTINCT FROM %(run)s
"""

LOAD = """
    SELECT i.id, i.source_key, i.revision, i.attempts, s.readable, s.snapshot::text, s.currency
    FROM integrations_outboxitem i
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE i.tenant_id = %(tenant)s AND i.id = ANY(%(ids)s) ORDER BY i.id
"""

LINKED = """
    SELECT source_key, variant, target_id, fingerprint, schema, target_version FROM integrations_recordlink
    WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND entity = %(entity)s AND inbound = %(inbound)s
      AND source_key = ANY(%(keys)s) ORDER BY id
"""

# A revision that moved on meanwhile keeps the item ready: newer content is decided again.
PARK = """
    UPDATE integrations_outboxitem i SET
        state = CASE WHEN i.revision = c.revision THEN c.state ELSE 'ready' END,
        reason = c.reason, message = c.message, outcome = c.outcome, changed_at = now()
    FROM unnest(%(ids)s::bigint[], %(revisions)s::int[], %(states)s::text[], %(reasons)s::text[], %(messages)s::text[],
                %(outcomes)s::text[]) AS c(id, revision, state, reason, message, outcome)
    WHERE i.tenant_id = %(tenant)s AND i.id = c.id
"""

OPEN_REVIEWS = """
    INSERT INTO integrations_reviewitem AS r (
        tenant_id, uuid, item_id, status, code, problems, answer, urgent, opened_at, resolution)
    SELECT %(tenant)s, gen_random_uuid(), c.item, 'open', c.code, c.problems::jsonb, c.answer, c.urgent, now(), ''
    FROM unnest(%(ids)s::bigint[], %(codes)s::text[], %(problems)s::text[], %(answers)s::text[], %(urgent)s::bool[])
        AS c(item, code, problems, answer, urgent)
    ON CONFLICT (tenant_id, item_id) WHERE status = 'open' DO UPDATE SET
        code = excluded.code, problems = excluded.problems, answer = excluded.answer, urgent = excluded.urgent
"""

CLOSE_REVIEWS = """
    UPDATE integrations_reviewitem SET status = 'resolved', resolved_at = now(), resolution = 'by a later run'
    WHERE tenant_id = %(tenant)s AND item_id = ANY(%(ids)s) AND status = 'open'
"""

CLEAR_BLOCKERS = "DELETE FROM integrations_blocker WHERE tenant_id = %(tenant)s AND item_id = ANY(%(ids)s)"

ADD_BLOCKERS = """
    INSERT INTO integrations_blocker (tenant_id, item_id, integration_id, kind, key)
    SELECT %(tenant)s, c.item, %(integration)s, c.kind, c.key
    FROM unnest(%(items)s::bigint[], %(kinds)s::text[], %(keys)s::text[]) AS c(item, kind, key)
    ON CONFLICT DO NOTHING
"""

INTENTS = """
    INSERT INTO integrations_writeintent (
        tenant_id, item_id, run_id, revision, natural_key, target_id, target_version, variant, digest, draft,
        fingerprint, why, rules_version, send_by, created_at, outcome, looks, evidence)
    SELECT %(tenant)s, c.item, %(run)s, c.revision, c.natural_key, c.target, c.version, c.variant, c.digest,
           c.draft::jsonb, c.fingerprint, c.why::jsonb, %(rules)s, now() + make_interval(secs => %(window)s), now(),
           '', 0, '[]'::jsonb
    FROM unnest(%(items)s::bigint[], %(revisions)s::int[], %(natural_keys)s::text[], %(targets)s::text[],
                %(versions)s::text[], %(variants)s::text[], %(digests)s::text[], %(drafts)s::text[],
                %(fingerprints)s::text[], %(whys)s::text[])
        AS c(item, revision, natural_key, target, version, variant, digest, draft, fingerprint, why)
    RETURNING item_id, id, send_by
"""

LINKS = """
    INSERT INTO integrations_recordlink AS l (
        tenant_id, integration_id, entity, inbound, source_key, variant, target_connection_id, target_id,
        target_version, fingerprint, schema, echo, sent, made_by, why, linked_at)
    SELECT w.tenant_id, %(integration)s, %(entity)s, %(inbound)s, i.source_key, w.variant, %(target)s, c.target_id,
           c.version, w.fingerprint, %(schema)s, c.echo::jsonb, w.draft, 'created', w.why, now()
    FROM unnest(%(intents)s::bigint[], %(target_ids)s::text[], %(versions)s::text[], %(echoes)s::text[])
        AS c(intent, target_id, version, echo)
    JOIN integrations_writeintent w ON w.tenant_id = %(tenant)s AND w.id = c.intent
    JOIN integrations_outboxitem i ON i.tenant_id = %(tenant)s AND i.id = w.item_id
    ON CONFLICT (tenant_id, integration_id, entity, inbound, source_key, variant) DO UPDATE SET
        target_version = excluded.target_version, fingerprint = excluded.fingerprint, schema = excluded.schema,
        echo = excluded.echo, sent = excluded.sent, why = excluded.why
    WHERE l.target_id = excluded.target_id
    RETURNING l.source_key
"""

SETTLE_INTENTS = """
    UPDATE integrations_writeintent SET settled_at = now(), outcome = %(outcome)s
    WHERE tenant_id = %(tenant)s AND id = ANY(%(intents)s) AND settled_at IS NULL
"""

REBASELINE = """
    UPDATE integrations_recordlink l SET fingerprint = c.fingerprint, schema = %(schema)s
    FROM unnest(%(keys)s::text[], %(fingerprints)s::text[]) AS c(key, fingerprint)
    WHERE l.tenant_id = %(tenant)s AND l.integration_id = %(integration)s AND l.entity = %(entity)s
      AND l.inbound = %(inbound)s AND l.source_key = c.key
"""

# From the last moment a write may leave: the total deadline, then until the target's search shows new records.
LOST = """
    UPDATE integrations_writeintent w SET look_at = w.send_by + make_interval(secs => %(deadline)s + %(lag)s)
    WHERE w.tenant_id = %(tenant)s AND w.id = ANY(%(intents)s)
"""

# Written to the wire once and never settled: the worker is gone. Only the resolver may touch these.
ABANDONED = """
    WITH lost AS (
        UPDATE integrations_writeintent w SET look_at = w.send_by + make_interval(secs => %(deadline)s + %(lag)s)
        FROM integrations_outboxitem i
        WHERE i.tenant_id = %(tenant)s AND i.flow_id = %(flow)s AND w.tenant_id = i.tenant_id AND w.item_id = i.id
          AND w.settled_at IS NULL AND w.look_at IS NULL AND w.send_by < now()
        RETURNING w.item_id
    )
    UPDATE integrations_outboxitem i SET state = 'uncertain', outcome = 'uncertain', reason = 'lost_worker',
           changed_at = now(),
           message = 'The worker ended between sending and the answer. It is looked up before anything is sent again.'
    FROM lost WHERE i.tenant_id = %(tenant)s AND i.id = lost.item_id RETURNING i.id
"""

LOOKS_DUE = """
    SELECT w.id, w.natural_key, w.target_id, w.target_version, w.draft::text, w.send_by, w.created_at, w.looks,
           i.id, i.source_key, w.revision, i.attempts, s.readable, s.snapshot::text
    FROM integrations_writeintent w
    JOIN integrations_outboxitem i ON i.tenant_id = w.tenant_id AND i.id = w.item_id
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE w.tenant_id = %(tenant)s AND i.flow_id = %(flow)s AND w.settled_at IS NULL AND w.look_at <= now()
    ORDER BY w.id LIMIT %(limit)s
"""

LOOK_AGAIN = """
    UPDATE integrations_writeintent SET looks = looks + 1, look_at = now() + make_interval(secs => %(lag)s)
    WHERE tenant_id = %(tenant)s AND id = %(intent)s
"""

COUNTS = """
    SELECT i.outcome, i.reason, s.currency, count(*), sum(s.amount)
    FROM integrations_outboxitem i JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE i.tenant_id = %(tenant)s AND i.run_id = %(run)s GROUP BY 1, 2, 3
"""
