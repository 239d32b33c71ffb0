-- Revert canvass:lesson from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION with_lessons(jsonb, uuid, uuid, text), lessons_about(uuid[], text[], text[]), mark_lesson(jsonb),
    withdraw_lesson(jsonb), update_lesson(jsonb), own_lesson(text, text), add_lesson(jsonb), lesson_answer(lesson),
    reference_shape(text), text_warnings(text), lesson_json(lesson);
DROP TABLE telling_word, lesson_mark, lesson;

COMMIT;
