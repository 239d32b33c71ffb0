-- Revert canvass:watch from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION watch_callers(bytea[]), watch_look(text), watch(text, text, integer), watch_change(change[], jsonb),
    watch_where(text, uuid[]), watch_told(watch_place), watch_clashes(change), watch_changes(watch_place),
    watch_kind_of(text), watch_place(text), watch_token(timestamptz, pg_snapshot, pg_snapshot, xid8), watch_epoch(),
    watch_days();
DROP TYPE watch_kind, watch_place;

COMMIT;
