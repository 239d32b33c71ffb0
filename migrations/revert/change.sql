-- Revert canvass:change from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP TRIGGER change_forget ON client;
DROP FUNCTION change_forget_discharged(), change_forget_client(uuid);
DO $$
DECLARE
    t text;
    op text;
BEGIN
    FOR t, op IN SELECT c.name, o FROM change_table c, unnest(ARRAY['insert', 'update', 'delete']) AS o LOOP
        EXECUTE format('DROP TRIGGER change_%s ON %I', op, t);
    END LOOP;
    FOR t, op IN SELECT conrelid::regclass, conname FROM pg_constraint
                  WHERE contype = 'f' AND condeferrable AND connamespace = 'canvass'::regnamespace LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I NOT DEFERRABLE', t, op);
    END LOOP;
END
$$;
DROP FUNCTION change_track(text, text, text, text, text), change_keep(), change_few(),
    as_one_import(jsonb);
DROP TABLE change, change_table;
DROP FUNCTION change_seen(text, text, uuid);
DROP TYPE change_op;

COMMIT;
