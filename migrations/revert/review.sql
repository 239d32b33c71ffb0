-- Revert canvass:review from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION review_week(jsonb), get_week(jsonb), review_line(specialist, date), review_json(week_review),
    week_of(text, date, text), contacts_to_reach(integer, date), caseload_on(uuid, date);
DROP TABLE week_review, contact_target;

COMMIT;
