"""What both sides show of every record, one row each: the statements that the states are told from.

Amounts carry the ledger's sign: a credit is negative on both sides. `there` is what the target holds as last listed,
or as it answered to our last write where that is newer; `asked` what we asked for when it was last written.
"""

# What a record's way tells, the same for every kind.
_WAY = """
    s.source_key AS key, coalesce(i.variant, '') AS variant, i.id AS item, i.uuid AS item_uuid, i.state AS standing,
    coalesce(i.reason, '') AS reason, i.not_before, coalesce(i.changed_at, s.changed_at) AS since, i.until,
    s.id AS source, s.number, s.party, s.party_name, s.currency, s.fingerprint AS source_print, s.gone,
    w.item_id IS NOT NULL AS in_flight, r.item_id IS NOT NULL AS asked_about, coalesce(r.answered, false) AS answered,
    l.id AS link, coalesce(l.target_id, '') AS target_id, l.fingerprint AS link_print, l.linked_at
"""
_JOINS = """
    FROM integrations_sourcerecord s
    LEFT JOIN integrations_outboxitem i ON i.tenant_id = s.tenant_id AND i.source_id = s.id
    LEFT JOIN open_intents w ON w.item_id = i.id
    LEFT JOIN open_reviews r ON r.item_id = i.id
    LEFT JOIN integrations_recordlink l ON l.tenant_id = s.tenant_id AND l.integration_id = %(integration)s
        AND l.entity = '{entity}' AND l.inbound = {inbound} AND l.source_key = s.source_key AND l.variant = {variant}
"""
_MIRRORED = """
    LEFT JOIN integrations_mirrorrecord m ON m.tenant_id = s.tenant_id AND m.connection_id = l.target_connection_id
        AND m.entity = 'invoice' AND m.target_id = l.target_id
"""

BEFORE = """
    open_intents AS (
        SELECT item_id FROM integrations_writeintent WHERE tenant_id = %(tenant)s AND settled_at IS NULL
    ),
    open_reviews AS (
        SELECT item_id, answer <> '' AS answered FROM integrations_reviewitem
        WHERE tenant_id = %(tenant)s AND status = 'open'
    ),
    taken_back AS (
        SELECT source_key FROM integrations_recordlink WHERE tenant_id = %(tenant)s
            AND integration_id = %(integration)s AND entity = 'payment' AND inbound AND variant = 'reversal'
    ),
    listed AS (
        SELECT source_key, count(*) FILTER (WHERE state = 'paid') AS unsettled, count(*) AS parts, sum(amount) AS amount
        FROM (SELECT payment AS source_key, state, amount FROM integrations_settlement
              WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s) x GROUP BY 1
    ),
    whole AS (
        SELECT max(whole_at) AS at FROM integrations_mirrorstate
        WHERE tenant_id = %(tenant)s AND connection_id = %(ap)s AND entity = 'invoice'
    )
"""

# Invoices of the ERP with bills. Where one is sent in instalments, each of them stands for itself.
_INVOICES = """
    SELECT 'invoices' AS part, {way},
        coalesce((s.snapshot->>'voucher_date')::date, s.dated) AS day,
        CASE WHEN coalesce(i.variant, '') = '' THEN s.amount ELSE (part.value->>'original')::numeric END AS here,
        c.sign * CASE WHEN m.amount IS NULL OR (i.state = 'done' AND l.echo ? 'amount' AND m.seen_at < i.changed_at)
            THEN nullif(l.echo->>'amount', '')::numeric ELSE m.amount END AS there,
        coalesce(c.sign * (l.sent->>'total')::numeric, s.amount) AS asked,
        CASE WHEN i.variant <> '' THEN (part.value->>'open')::numeric
             WHEN s.snapshot->>'state' IN ('paid', 'cancelled') THEN 0
             ELSE coalesce(ledger.open, (s.snapshot->>'open_amount')::numeric) END AS open_here,
        c.sign * m.open_amount AS open_there,
        m.active, m.id IS NULL AND NOT coalesce(l.echo ? 'amount', false) AS unlisted,
        coalesce(s.snapshot->>'state' = 'cancelled', false) AS dead, false AS taken_back, 0 AS unsettled, 0 AS parts
    {joins} {mirrored}
    CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(l.sent->>'credit', (m.kind = 'credit')::text) = 'true'
        THEN -1 ELSE 1 END AS sign) c
    LEFT JOIN LATERAL (
        SELECT x.value FROM jsonb_array_elements(s.snapshot->'ledger_items') x
        WHERE i.variant <> '' AND x.value->>'instalment' = i.variant LIMIT 1
    ) part ON i.variant <> ''
    LEFT JOIN LATERAL (
        SELECT CASE WHEN bool_and(x.value->>'open' IS NOT NULL) THEN sum((x.value->>'open')::numeric) END AS open
        FROM jsonb_array_elements(CASE jsonb_typeof(s.snapshot->'ledger_items') WHEN 'array'
            THEN s.snapshot->'ledger_items' ELSE '[]' END) x
    ) ledger ON true
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(invoices)s
      AND NOT (coalesce(i.variant, '') = '' AND coalesce(i.state, '') = 'out' AND i.reason = 'instalments')
"""

# Captured and approved invoices with what stands in the books.
_CAPTURED = """
    SELECT 'captured' AS part, {way},
        coalesce((l.sent->>'arrival_date')::date, (s.snapshot->>'approved_on')::date, s.dated) AS day,
        s.amount AS here,
        CASE WHEN m.amount IS NULL OR (i.state = 'done' AND l.echo ? 'amount' AND m.seen_at < i.changed_at)
            THEN nullif(l.echo->>'amount', '')::numeric ELSE m.amount END AS there,
        coalesce((l.sent->>'net')::numeric + (l.sent->>'tax')::numeric, s.amount) AS asked,
        NULL::numeric AS open_here, m.open_amount AS open_there,
        m.active, m.id IS NULL AND NOT coalesce(l.echo ? 'amount', false) AS unlisted,
        coalesce(s.snapshot->>'state' = 'cancelled', false) AS dead, false AS taken_back, 0 AS unsettled, 0 AS parts
    {joins} {mirrored}
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(captured)s
"""

# Payments with their vouchers; what a voucher says is what was booked.
_PAYMENTS = """
    SELECT 'payments' AS part, {way},
        coalesce((l.sent->>'dated')::date, s.dated) AS day,
        s.amount AS here, coalesce((l.sent->>'amount')::numeric, e.amount) AS there,
        coalesce((l.sent->>'amount')::numeric, e.amount, s.amount) AS asked,
        NULL::numeric AS open_here, NULL::numeric AS open_there, NULL::boolean AS active, false AS unlisted,
        coalesce(s.snapshot->>'state' IN ('voided', 'failed'), false) AS dead,
        t.source_key IS NOT NULL AS taken_back, coalesce(e.unsettled, 0) AS unsettled, coalesce(e.parts, 0) AS parts
    {joins}
    LEFT JOIN taken_back t ON t.source_key = s.source_key
    LEFT JOIN listed e ON e.source_key = s.source_key
    WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(payments)s
"""

# What stands on the other side and no record of the ERP is linked to; and links whose record is not kept any more.
BY_HAND = """
    SELECT m.target_id, m.number, m.vendor_id, m.name, m.currency, m.dated AS day, m.seen_at AS since, m.kind,
        CASE WHEN m.kind = 'credit' THEN -m.amount ELSE m.amount END AS there,
        CASE WHEN m.kind = 'credit' THEN -m.open_amount ELSE m.open_amount END AS open_there,
        CASE WHEN l.id IS NULL THEN 'keyed_by_hand' ELSE 'source_not_kept' END AS reason
    FROM integrations_mirrorrecord m
    LEFT JOIN integrations_recordlink l ON l.tenant_id = m.tenant_id AND l.target_connection_id = m.connection_id
        AND l.entity = 'invoice' AND l.target_id = m.target_id
    WHERE m.tenant_id = %(tenant)s AND m.connection_id = %(ap)s AND m.entity = 'invoice' AND m.active
      AND %(invoices)s IS NOT NULL
      AND (l.id IS NULL OR l.integration_id = %(integration)s AND NOT l.inbound AND NOT EXISTS (
          SELECT 1 FROM integrations_sourcerecord s WHERE s.tenant_id = l.tenant_id AND s.flow_id = %(invoices)s
              AND s.source_key = l.source_key))
"""

# Settlement and cash accounts as they were last read. A reading of some days ago says nothing of today; a difference
# is on its way for one cycle, since an item may be settled between a look at the list and one at the account.
ACCOUNTS = """
    SELECT b.part, b.account, concat_ws(' ', b.what, nullif(b.currency, ''), nullif(b.period, '')), NULL, '', b.account,
        '', '', b.currency, NULL, b.here, b.there, NULL, NULL,
        CASE WHEN b.read_at < %(at)s - interval '2 days' THEN 'waiting'
             WHEN b.state IN ('amount_differs', 'missing_in_target') AND b.since > %(at)s - f.cycle THEN 'in_transit'
             ELSE b.state END,
        CASE WHEN b.read_at < %(at)s - interval '2 days' THEN 'not_read_lately' ELSE b.reason END,
        b.since, NULL, extract(epoch FROM b.read_at)::text, '', b.id, NULL, NULL, b.period
    FROM integrations_accountbalance b LEFT JOIN moving f ON f.of_part = 'payments'
    WHERE b.tenant_id = %(tenant)s AND b.integration_id = %(integration)s
"""

INVOICES, CAPTURED, PAYMENTS = (
    statement.format(way=_WAY, joins=_JOINS.format(entity=entity, inbound=inbound, variant=variant), mirrored=_MIRRORED)
    for statement, entity, inbound, variant in (
        (_INVOICES, "invoice", "false", "i.variant"),
        (_CAPTURED, "invoice", "true", "i.variant"),
        (_PAYMENTS, "payment", "true", "''"),
    )
)
