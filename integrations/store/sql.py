"""The statements of a push, each over a whole batch; `unnest` carries the batch's columns in."""

# On tables that have just grown the planner knows nothing: look-ups by a whole batch of keys cannot go as wrong as
# anti-joins, lateral joins and subqueries per row.
BUSY = """
    SELECT item_id FROM integrations_writeintent WHERE tenant_id = %(tenant)s AND settled_at IS NULL
"""

# What a person ignored until a day.
WAKE = """
    UPDATE integrations_outboxitem SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND state = 'ignored' AND until <= now()
"""

# An item whose last claim came to no end: that claim's worker is gone.
DUE = """
    SELECT i.id, i.lost_workers + (i.outcome = 'claimed')::int FROM integrations_outboxitem i
    WHERE i.tenant_id = %(tenant)s AND i.flow_id = %(flow)s AND i.state = 'ready' AND i.not_before <= now()
      AND i.id <> ALL(%(busy)s::bigint[]) AND (%(only)s::bigint[] IS NULL OR i.id = ANY(%(only)s::bigint[]))
    ORDER BY i.not_before, i.id LIMIT %(limit)s
"""

# Taken again by the same run, what it has already done for the item stands.
CLAIM = """
    UPDATE integrations_outboxitem i SET attempts = i.attempts + 1, run_id = %(run)s, lost_workers = c.lost,
        outcome = CASE WHEN old.run_id = %(run)s AND old.outcome IN ('created', 'updated', 'linked') THEN old.outcome
                       ELSE 'claimed' END
    FROM unnest(%(ids)s::bigint[], %(lost)s::int[]) AS c(id, lost)
    JOIN integrations_outboxitem old ON old.tenant_id = %(tenant)s AND old.id = c.id
    WHERE i.tenant_id = %(tenant)s AND i.id = c.id AND i.state = 'ready'
    RETURNING i.id, old.run_id IS DISTINCT FROM %(run)s
"""

GIVE_BACK = """
    UPDATE integrations_outboxitem SET attempts = greatest(attempts - 1, 0), outcome = 'postponed',
           not_before = now() + make_interval(secs => %(after)s)
    WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s) AND run_id = %(run)s AND outcome = 'claimed'
"""

LOAD = """
    SELECT i.id, i.source_key, i.revision, i.attempts, i.variant, s.readable, s.gone, s.snapshot::text, s.currency
    FROM integrations_outboxitem i
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE i.tenant_id = %(tenant)s AND i.id = ANY(%(ids)s) ORDER BY i.id
"""

LINKED = """
    SELECT source_key, variant, target_id, fingerprint, schema, target_version, sent::text, echo::text
    FROM integrations_recordlink
    WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND entity = %(entity)s AND inbound = %(inbound)s
      AND source_key = ANY(%(keys)s) ORDER BY id
"""

# An answer without a fingerprint was given to a question about many records: it holds for all of the flow.
ANSWERED = """
    SELECT a.item_id, a.code, a.subject, a.choice FROM integrations_answer a
    JOIN integrations_outboxitem i ON i.tenant_id = a.tenant_id AND i.id = a.item_id
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE a.tenant_id = %(tenant)s AND a.item_id = ANY(%(ids)s) AND a.status = 'approved'
      AND a.fingerprint = s.fingerprint
    UNION ALL
    SELECT 0, a.code, a.subject, a.choice FROM integrations_answer a
    JOIN integrations_outboxitem i ON i.tenant_id = a.tenant_id AND i.id = a.item_id
    WHERE a.tenant_id = %(tenant)s AND a.status = 'approved' AND a.fingerprint = '' AND i.flow_id = %(flow)s
"""

# A revision that moved on meanwhile keeps the item ready: newer content is decided again. An item counts once in a run:
# what was made there stays the outcome, whatever else the same run does about it.
PARK = """
    UPDATE integrations_outboxitem i SET
        state = CASE WHEN i.revision = c.revision THEN c.state ELSE 'ready' END,
        reason = c.reason, message = c.message, changed_at = now(), lost_workers = 0, until = NULL,
        outcome = CASE WHEN i.run_id = %(run)s AND c.outcome IN ('unchanged', 'updated', 'held', 'waiting', 'out')
                        AND (i.outcome = 'created' OR i.outcome IN ('updated', 'linked') AND c.outcome = 'unchanged')
                       THEN i.outcome ELSE c.outcome END
    FROM unnest(%(ids)s::bigint[], %(revisions)s::int[], %(states)s::text[], %(reasons)s::text[], %(messages)s::text[],
                %(outcomes)s::text[]) AS c(id, revision, state, reason, message, outcome)
    WHERE i.tenant_id = %(tenant)s AND i.id = c.id
"""

# What the queue is narrowed and sorted by comes along; whoever had the record before has it again.
OPEN_REVIEWS = """
    WITH had AS (
        SELECT DISTINCT ON (item_id) item_id, assignee_id FROM integrations_reviewitem
        WHERE tenant_id = %(tenant)s AND item_id = ANY(%(ids)s) ORDER BY item_id, id DESC
    )
    INSERT INTO integrations_reviewitem AS r (
        tenant_id, uuid, item_id, status, code, problems, answer, urgent, opened_at, resolution, assignee_id,
        named, flow_id, party, amount, currency, discount_by, pay_by)
    SELECT %(tenant)s, gen_random_uuid(), c.item, 'open', c.code, c.problems::jsonb, c.answer, c.urgent, now(), '',
           had.assignee_id, left(c.named, 120), i.flow_id, s.party, s.amount, s.currency, c.discount_by,
           least(coalesce(s.due_date, '9999-12-31'), coalesce(c.discount_by, '9999-12-31'))
    FROM unnest(%(ids)s::bigint[], %(codes)s::text[], %(problems)s::text[], %(answers)s::text[], %(urgent)s::bool[],
                %(named)s::text[], %(discounts)s::date[])
        AS c(item, code, problems, answer, urgent, named, discount_by)
    JOIN integrations_outboxitem i ON i.tenant_id = %(tenant)s AND i.id = c.item
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    LEFT JOIN had ON had.item_id = c.item
    ON CONFLICT (tenant_id, item_id) WHERE status = 'open' DO UPDATE SET
        code = excluded.code, problems = excluded.problems, answer = excluded.answer, urgent = excluded.urgent,
        named = excluded.named, party = excluded.party, amount = excluded.amount, currency = excluded.currency,
        discount_by = excluded.discount_by, pay_by = excluded.pay_by
"""

CLOSE_REVIEWS = """
    UPDATE integrations_reviewitem SET status = 'resolved', resolved_at = now(), resolution = 'by a later run'
    WHERE tenant_id = %(tenant)s AND item_id = ANY(%(ids)s) AND status = 'open'
    RETURNING problems::text
"""

# Open questions that stand for many records: (code, value) of the first problem.
ASKED = """
    SELECT r.item_id, r.code, r.problems->0->>'value' FROM integrations_reviewitem r
    JOIN integrations_outboxitem i ON i.tenant_id = r.tenant_id AND i.id = r.item_id
    WHERE r.tenant_id = %(tenant)s AND r.status = 'open' AND r.code = ANY(%(codes)s) AND i.flow_id = %(flow)s
"""

NOTES = """
    UPDATE integrations_outboxitem i SET notes = c.notes::jsonb
    FROM unnest(%(ids)s::bigint[], %(notes)s::text[]) AS c(id, notes)
    WHERE i.tenant_id = %(tenant)s AND i.id = c.id AND i.notes IS DISTINCT FROM c.notes::jsonb
"""

# Wanted records of this integration in a further form; a record we have not read yet is asked for again by its waiter.
WANT = """
    INSERT INTO integrations_outboxitem (
        tenant_id, uuid, flow_id, source_id, source_key, variant, state, not_before, revision, attempts, lost_workers,
        reason, message, notes, ignored_fingerprint, outcome, changed_at)
    SELECT %(tenant)s, gen_random_uuid(), f.id, s.id, s.source_key, c.variant, 'ready', now(), 1, 0, 0, '', '', '[]',
           '', '', now()
    FROM unnest(%(entities)s::text[], %(keys)s::text[], %(variants)s::text[]) AS c(entity, key, variant)
    JOIN integrations_flow f ON f.tenant_id = %(tenant)s AND f.integration_id = %(integration)s
        AND f.entity = c.entity AND f.inbound = %(inbound)s
    JOIN integrations_sourcerecord s ON s.tenant_id = %(tenant)s AND s.flow_id = f.id AND s.source_key = c.key
    ON CONFLICT DO NOTHING RETURNING flow_id
"""

CLEAR_BLOCKERS = "DELETE FROM integrations_blocker WHERE tenant_id = %(tenant)s AND item_id = ANY(%(ids)s)"

ADD_BLOCKERS = """
    INSERT INTO integrations_blocker (
        tenant_id, item_id, integration_id, kind, key, amount, currency, due_date, since, leads)
    SELECT %(tenant)s, c.item, %(integration)s, left(c.kind, 40), left(c.key, 200), s.amount, s.currency, s.due_date,
           s.changed_at, row_number() OVER (PARTITION BY c.item ORDER BY c.place) = 1
    FROM unnest(%(items)s::bigint[], %(kinds)s::text[], %(keys)s::text[]) WITH ORDINALITY AS c(item, kind, key, place)
    JOIN integrations_outboxitem i ON i.tenant_id = %(tenant)s AND i.id = c.item
    JOIN integrations_sourcerecord s ON s.tenant_id = %(tenant)s AND s.id = i.source_id
    ORDER BY c.place ON CONFLICT DO NOTHING
"""

INTENTS = """
    INSERT INTO integrations_writeintent (
        tenant_id, item_id, run_id, revision, natural_key, target_id, target_version, variant, digest, draft,
        fingerprint, why, rules_version, send_by, created_at, outcome, looks, evidence)
    SELECT %(tenant)s, c.item, %(run)s, c.revision, left(c.natural_key, 300), c.target, c.version, c.variant, c.digest,
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

# An image stands beside a bill: where that was made anew, it goes with the new one.
ATTACHED = LINKS.replace("SET\n        target_version", "SET target_id = excluded.target_id, target_version").replace(
    "    WHERE l.target_id = excluded.target_id\n", ""
)

# A note of a payment or a set-off answers with an id of its own; only what speaks of the linked record itself is kept.
LINK_ACTED = """
    UPDATE integrations_recordlink l SET fingerprint = w.fingerprint, schema = %(schema)s, why = w.why,
        target_version = CASE WHEN c.target_id = l.target_id AND c.version <> '' THEN c.version
                              ELSE l.target_version END,
        echo = CASE WHEN c.target_id = l.target_id THEN l.echo || c.echo::jsonb ELSE l.echo END
    FROM unnest(%(intents)s::bigint[], %(target_ids)s::text[], %(versions)s::text[], %(echoes)s::text[])
        AS c(intent, target_id, version, echo)
    JOIN integrations_writeintent w ON w.tenant_id = %(tenant)s AND w.id = c.intent
    JOIN integrations_outboxitem i ON i.tenant_id = %(tenant)s AND i.id = w.item_id
    WHERE l.tenant_id = %(tenant)s AND l.integration_id = %(integration)s AND l.entity = %(entity)s
      AND l.inbound = %(inbound)s AND l.source_key = i.source_key AND l.variant = w.variant
    RETURNING l.source_key
"""

SETTLE_INTENTS = """
    UPDATE integrations_writeintent SET settled_at = now(), outcome = %(outcome)s
    WHERE tenant_id = %(tenant)s AND id = ANY(%(intents)s) AND settled_at IS NULL
"""

# "" keeps the fingerprint (then only the echo is replaced), null keeps the echo.
REBASELINE = """
    UPDATE integrations_recordlink l SET echo = coalesce(c.echo::jsonb, l.echo),
        fingerprint = CASE WHEN c.fingerprint = '' THEN l.fingerprint ELSE c.fingerprint END,
        schema = CASE WHEN c.fingerprint = '' THEN l.schema ELSE %(schema)s END
    FROM unnest(%(keys)s::text[], %(variants)s::text[], %(fingerprints)s::text[], %(echoes)s::text[])
        AS c(key, variant, fingerprint, echo)
    WHERE l.tenant_id = %(tenant)s AND l.integration_id = %(integration)s AND l.entity = %(entity)s
      AND l.inbound = %(inbound)s AND l.source_key = c.key AND l.variant = c.variant
"""

# From the last moment a write may leave: the total deadline, then until the target's search shows new records.
LOST = """
    UPDATE integrations_writeintent w SET look_at = w.send_by + make_interval(secs => %(deadline)s + %(lag)s)
    WHERE w.tenant_id = %(tenant)s AND w.id = ANY(%(intents)s)
"""

# Each try doubles the wait.
SET_ASIDE = """
    UPDATE integrations_outboxitem SET outcome = 'postponed', reason = %(reason)s, message = %(message)s,
           changed_at = now(), not_before = now() + make_interval(secs => %(after)s * 2 ^ greatest(attempts - 1, 0))
    WHERE tenant_id = %(tenant)s AND id = %(item)s
"""

UNDER_WAY = """
    UPDATE integrations_writeintent w SET job = %(job)s, look_at = now() + make_interval(secs => %(after)s)
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
           w.job,
           i.id, i.source_key, w.revision, i.attempts, i.variant, s.readable, s.gone, s.snapshot::text
    FROM integrations_writeintent w
    JOIN integrations_outboxitem i ON i.tenant_id = w.tenant_id AND i.id = w.item_id
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE w.tenant_id = %(tenant)s AND i.flow_id = %(flow)s AND w.settled_at IS NULL AND w.look_at <= now()
    ORDER BY w.id LIMIT %(limit)s
"""

LOOK_AGAIN = """
    UPDATE integrations_writeintent SET looks = looks + 1, look_at = now() + make_interval(secs => %(lag)s)
    WHERE tenant_id = %(tenant)s AND id = ANY(%(intents)s)
"""

# A variant is a part of its source (one instalment): what it is worth is what was sent of it.
COUNTS = """
    SELECT i.outcome, i.reason, s.currency, count(*), sum(CASE
        WHEN i.variant = '' THEN s.amount
        WHEN l.sent->>'credit' = 'true' THEN -(l.sent->>'total')::numeric
        ELSE (l.sent->>'total')::numeric END)
    FROM integrations_outboxitem i
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    LEFT JOIN integrations_recordlink l ON i.variant <> '' AND l.tenant_id = i.tenant_id
        AND l.integration_id = %(integration)s AND l.entity = %(entity)s AND l.inbound = %(inbound)s
        AND l.source_key = i.source_key AND l.variant = i.variant
    WHERE i.tenant_id = %(tenant)s AND i.run_id = %(run)s GROUP BY 1, 2, 3
"""
