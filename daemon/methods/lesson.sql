-- The shared learning log (proto/canvass/v1/lesson.proto). Rules are in migrations/deploy/lesson.sql.

-- canvass.v1.LessonService/AddLesson  roles: specialist lead  writes
SELECT add_lesson(:request) AS "."

-- canvass.v1.LessonService/UpdateLesson  roles: specialist lead  writes
SELECT update_lesson(:request) AS "."

-- canvass.v1.LessonService/WithdrawLesson  roles: specialist lead  writes
SELECT withdraw_lesson(:request) AS "lesson"

-- canvass.v1.LessonService/MarkLesson  roles: specialist lead  writes
SELECT mark_lesson(:request) AS "lesson"

-- canvass.v1.LessonService/ListLessons  roles: specialist lead
SELECT lesson_json(f.l) AS "lessons",
       page_token(f.useful::text, (f.l).created_at::text, (f.l).id::text) AS "next_page_token"
  FROM (SELECT a.l, a.useful FROM lessons_about(ARRAY(SELECT standing_employer(x) FROM unnest(:employer_ids::uuid[]) AS x),
                                          :socs::text[], :borough_ids::text[]) AS a
         WHERE NOT :mine::boolean
        UNION ALL
        SELECT x, (SELECT count(*) FROM lesson_mark m WHERE m.lesson_id = x.id)
          FROM lesson x WHERE :mine::boolean AND x.specialist_id = actor()) AS f
  CROSS JOIN page_key(:page_token, 3) AS k (keys)
 WHERE (tidy(:query::text) IS NULL OR (f.l).words @@ websearch_to_tsquery('english', :query::text))
   AND (k.keys IS NULL OR (f.useful, (f.l).created_at, (f.l).id)
                          < (k.keys[1]::bigint, k.keys[2]::timestamptz, k.keys[3]::uuid))
 ORDER BY f.useful DESC, (f.l).created_at DESC, (f.l).id DESC
 LIMIT :page_size
