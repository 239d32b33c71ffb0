-- Verify canvass:helpers on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT normal_name('The Café & Bar Ltd.') = 'cafe and bar', 'normal_name';
    ASSERT page_key(page_token('a', NULL), 2) = ARRAY['a', NULL], 'page tokens';
    ASSERT uuid_v7()::text ~ '^.{14}7.{4}[89ab]', 'uuid_v7';
    ASSERT has_function_privilege('canvass_app', 'fail(text, text, text, text[])', 'EXECUTE');
END
$$;

ROLLBACK;
