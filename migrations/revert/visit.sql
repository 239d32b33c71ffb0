-- Revert canvass:visit from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION cancel_plan(jsonb);
DROP FUNCTION plan_visit(jsonb);
DROP FUNCTION correct_visit(jsonb);
DROP FUNCTION record_visit(jsonb);
DROP FUNCTION refresh_relationship(uuid);
DROP FUNCTION touch_relationship(visit);
DROP FUNCTION add_visit(visit, uuid);
DROP FUNCTION client_in_mind(jsonb, text);
DROP FUNCTION visit_with(visit, jsonb);
DROP FUNCTION trial_advice(uuid, date);
DROP FUNCTION others_lately(uuid);
DROP FUNCTION plan_json(plan);
DROP FUNCTION visit_json(visit);
DROP FUNCTION text_without_client(text, text);
DROP FUNCTION is_whole_day(timestamptz);
DROP FUNCTION london_midnight(date);
DROP FUNCTION london_day(timestamptz);
DROP TRIGGER client_discharged ON client;
DROP FUNCTION client_discharged();
DROP VIEW standing_visit;
DROP TABLE plan_client;
DROP TABLE plan;
DROP TABLE visit_client;
DROP TABLE visit;
DROP FUNCTION visit_in_mind();
DROP FUNCTION append_only();
DROP TYPE visit_outcome;
DROP TYPE visit_mode;

COMMIT;
