-- Verify canvass:disclosure on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT known_as FROM team WHERE false;
SELECT disclosure_card(NULL, NULL), set_disclosure('{}'), withdraw_disclosure('{}') FROM team WHERE false;

DO $$
BEGIN
    ASSERT strpos((SELECT prosrc FROM pg_proc WHERE oid = 'check_door(jsonb)'::regprocedure), 'disclosure_card') > 0,
        'the card stands beside the door';
    ASSERT strpos((SELECT prosrc FROM pg_proc WHERE oid = 'plan_visit_guarded(jsonb)'::regprocedure), 'disclosure_card') > 0,
        'the card stands beside a plan';
END
$$;

ROLLBACK;
