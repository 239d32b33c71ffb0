-- Revert canvass:history from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION timeline(employer uuid, n integer, token text)
RETURNS TABLE (at timestamptz, kind text, borough text, by text, sentence text, subject_id uuid,
               next_page_token text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    key text[] := page_key(token, 3);
BEGIN
    IF NOT has_role('specialist', 'lead')
       OR NOT EXISTS (SELECT FROM employer e WHERE e.id = timeline.employer) THEN
        PERFORM fail('CV005', 'employer_id', 'There is no such employer.');
    END IF;
    RETURN QUERY
    SELECT l.at, l.kind, l.borough, l.by, l.sentence, l.shown_id,
           page_token(l.at::text, l.kind, l.id::text)
      FROM (
        SELECT v.at, 'visit' AS kind, v.id, b.name AS borough, s.name AS by,
               said_visit(jsonb_populate_record(NULL::visit, to_jsonb(v)), s.name, b.name,
                          v.borough_id = borough(), c.ref, occupation_title(v.role_soc))
                   AS sentence,
               CASE WHEN v.borough_id = borough() THEN v.id END AS shown_id
          FROM standing_visit v
          JOIN borough b ON b.id = v.borough_id
          JOIN specialist s ON s.id = v.specialist_id
          LEFT JOIN visit_client x ON x.visit_id = v.id
          LEFT JOIN client c ON c.id = x.client_id AND c.team_id = team()
         WHERE v.employer_id = timeline.employer
        UNION ALL
        SELECT o.created_at, 'opening', o.id, b.name, o.created_by_name,
               format('%s (%s) %s: %s', o.created_by_name, b.name,
                      CASE WHEN o.hidden THEN 'noted a lead' ELSE 'noted an opening' END,
                      o.title), o.id
          FROM opening o JOIN borough b ON b.id = o.borough_id
         WHERE o.employer_id = timeline.employer AND opening_is_seen(o)
        UNION ALL
        SELECT o.closed_at, 'opening', o.id, b.name, NULL,
               format('%s closed: %s', o.title, o.closed_reason), o.id
          FROM opening o JOIN borough b ON b.id = o.borough_id
         WHERE o.employer_id = timeline.employer AND opening_is_seen(o)
           AND o.closed_at IS NOT NULL
        UNION ALL
        SELECT k.created_at, 'contact', k.id, b.name, NULL,
               'Contact added: ' || k.name || coalesce(', ' || k.job, ''), k.id
          FROM contact k JOIN borough b ON b.id = k.borough_id
         WHERE k.employer_id = timeline.employer AND k.borough_id = borough()
           AND k.objected_on IS NULL
        UNION ALL
        SELECT e.created_at, 'created', e.id, NULL, e.created_by_name,
               'Added to the registry by ' || e.created_by_name, e.id
          FROM employer e WHERE e.id = timeline.employer
           ) AS l
     WHERE key IS NULL
        OR (l.at, l.kind, l.id) < (key[1]::timestamptz, key[2], key[3]::uuid)
     ORDER BY l.at DESC, l.kind DESC, l.id DESC
     LIMIT n;
END
$$;

REVOKE SELECT ON change_table FROM canvass_app;
DROP POLICY callers ON change_table;
DROP FUNCTION undo(jsonb), undo_rows(uuid, uuid), change_has(uuid, uuid, text, change_op), history(jsonb, integer, text), why_not_undone(uuid, uuid),
    may_undo(uuid), undo_never(uuid, uuid), undo_dependents(uuid, uuid), said_dependent(change),
    undo_referring(uuid, uuid, text), undo_changed_since(uuid, uuid, text), change_match(change_table),
    undo_target(uuid, uuid), is_settled(uuid, uuid), undo_visits(uuid[]), visit_line(visit), history_fields(change[]), history_scope_of(jsonb),
    said_request(uuid, uuid, xid8, history_scope), said_changes(change[]), in_scope(change, history_scope);
DROP TYPE history_scope;
DROP FUNCTION specialist_borough(uuid);
DROP TABLE undo;

DROP VIEW standing_visit;
ALTER TABLE visit DROP COLUMN withdrawn;
CREATE VIEW standing_visit WITH (security_invoker = true) AS
    SELECT v.* FROM visit v
     WHERE NOT EXISTS (SELECT FROM visit r WHERE r.replaces_id = v.id);
COMMENT ON VIEW standing_visit IS 'Visits as they read now: those that no correction replaced.';
GRANT SELECT ON standing_visit TO canvass_app;
CREATE OR REPLACE FUNCTION add_visit(v visit, in_mind uuid) RETURNS visit
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    v.generic := in_mind IS NULL;
    v.borough_id := borough();
    v.team_id := team();
    v.recorded_by := actor();
    v.recorded_at := now();
    INSERT INTO visit SELECT v.*;
    IF in_mind IS NOT NULL THEN
        INSERT INTO visit_client (visit_id, client_id) VALUES (v.id, in_mind);
    END IF;
    RETURN v;
END
$$;

DROP FUNCTION change_net(uuid, uuid, text), change_kind_of(change_op, change_op);
DROP AGGREGATE jsonb_over(jsonb);
DROP FUNCTION said_change(text, change_kind, uuid, text, jsonb, jsonb), said_row(text, uuid, text, jsonb),
    said_fields(text, jsonb, jsonb), said_value(jsonb, text), change_bookkeeping();
DROP TABLE change_field, change_sentence;
DROP TYPE change_kind;

COMMIT;
