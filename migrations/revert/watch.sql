-- Revert canvass:watch from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION watch_callers(bytea[]), watch_look(text), watch(text, text, integer), watch_change(change[], jsonb),
    watch_where(text, uuid[]), watch_told(watch_place), watch_clashes(change), watch_changes(watch_place),
    watch_kind_of(text), watch_place(text), watch_token(timestamptz, pg_snapshot, pg_snapshot, xid8), watch_epoch(),
    watch_days();
DROP TYPE watch_kind, watch_place;

CREATE OR REPLACE FUNCTION undo_never(by_actor uuid, of_request uuid) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT CASE
        WHEN bool_or(c.op <> 'insert' AND c.old IS NULL)
        THEN 'What it took away was not kept, so it cannot be put back.'
        WHEN bool_or(c.table_name = 'objection' AND c.op = 'insert' OR c.table_name = 'contact' AND c.new ->> 'objected_on' IS NOT NULL)
             AND NOT bool_or(c.table_name = 'employer_merge')
        THEN 'Somebody objected to being contacted, and an objection stays.'
        WHEN bool_or(c.team_id <> team()) OR bool_or(c.borough_id <> borough()) AND NOT bool_or(c.table_name = 'employer_merge')
        THEN 'It was done for another team or borough; ask somebody there.' END
      FROM change c WHERE c.request_id = of_request AND c.actor = by_actor
$$;

DELETE FROM change_field WHERE table_name IN ('contact_request', 'contact_share');
DELETE FROM change_sentence WHERE table_name IN ('contact_request', 'contact_share');
DELETE FROM change_table WHERE name IN ('contact_request', 'contact_share');
DELETE FROM change WHERE table_name IN ('contact_request', 'contact_share');
DO $$
DECLARE
    t record;
    f record;
BEGIN
    FOR t IN SELECT n, op FROM unnest('{contact_request,contact_share}'::text[]) AS n,
                                unnest('{insert,update,delete}'::text[]) AS op LOOP
        EXECUTE format('DROP TRIGGER change_%s ON %I', t.op, t.n);
    END LOOP;
    FOR f IN SELECT c.conrelid::regclass AS name, c.conname FROM pg_constraint c
              WHERE c.conrelid IN ('contact_request'::regclass, 'contact_share'::regclass)
                AND c.contype = 'f' AND c.condeferrable LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I NOT DEFERRABLE', f.name, f.conname);
    END LOOP;
END
$$;

COMMIT;
