-- Revert canvass:calendar from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DELETE FROM audit_method WHERE prefix = 'canvass.v1.CalendarService/';
DROP FUNCTION revoke_feed(jsonb), create_feed(jsonb), feed_json(uuid), calendar_method(), calendar_events(date, date),
    calendar_place(uuid), calendar_uid(calendar_kind, text);
DROP INDEX plan_diary;
DROP TYPE calendar_kind;

-- What may call one method would otherwise call them all.
DELETE FROM token WHERE method IS NOT NULL;

COMMIT;
