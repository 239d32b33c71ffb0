-- Verify canvass:lesson on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, employer_id, soc, about_borough_id, text, words, withdrawn_at FROM lesson WHERE false;
SELECT lesson_id, specialist_id FROM lesson_mark WHERE false;
SELECT a.useful FROM lessons_about(NULL, NULL, NULL) AS a WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('lesson'::regclass, 'lesson_mark'::regclass, 'telling_word'::regclass)), 'row-level security';
    ASSERT NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'lesson'::regclass AND attname LIKE '%client%'),
        'a lesson has no place for a client';
END
$$;

ROLLBACK;
