-- Deploy canvass:lesson to pg

-- The shared learning log: short lessons about an employer, an occupation or a borough, for every
-- specialist to read. There is no place for a client in it: no reference to one, and a text that
-- names one of the author's own team is refused; one that only looks like it is warned of, as are
-- words that tell that somebody is in treatment.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TABLE lesson (
    id               uuid PRIMARY KEY DEFAULT uuid_v7(),
    employer_id      uuid REFERENCES employer,
    -- SOC 2020 at any level.
    soc              text COLLATE "C" CONSTRAINT lesson_soc_known REFERENCES occupation,
    about_borough_id text COLLATE "C" CONSTRAINT lesson_borough_known REFERENCES borough,
    text             text NOT NULL,
    words            tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('english', text)) STORED,
    specialist_id    uuid NOT NULL,
    by_name          text NOT NULL,
    borough_id       text COLLATE "C" NOT NULL REFERENCES borough,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    withdrawn_at     timestamptz,
    version          bigint NOT NULL DEFAULT 1,
    CONSTRAINT lesson_by_borough FOREIGN KEY (specialist_id, borough_id) REFERENCES specialist (id, borough_id),
    CONSTRAINT lesson_about_one CHECK (num_nonnulls(employer_id, soc, about_borough_id) = 1),
    CONSTRAINT lesson_text_length CHECK (char_length(text) BETWEEN 1 AND 400)
);
CREATE INDEX lesson_words ON lesson USING gin (words) WHERE withdrawn_at IS NULL;
CREATE INDEX lesson_employer ON lesson (employer_id) WHERE withdrawn_at IS NULL AND employer_id IS NOT NULL;
CREATE INDEX lesson_soc ON lesson (soc) WHERE withdrawn_at IS NULL AND soc IS NOT NULL;
COMMENT ON TABLE lesson IS 'What somebody learnt, for everybody (DOMAIN.md section 7, feature 10).';
COMMENT ON CONSTRAINT lesson_pkey ON lesson IS 'lesson.id: There is a lesson with this id already.';
COMMENT ON CONSTRAINT lesson_soc_known ON lesson IS 'lesson.soc: There is no such SOC 2020 group in the list.';
COMMENT ON CONSTRAINT lesson_borough_known ON lesson IS 'lesson.about_borough_id: No borough has this code; London''s are E09000001 to E09000033.';
COMMENT ON CONSTRAINT lesson_about_one ON lesson IS 'lesson.employer_id: Say what the lesson is about: one employer, one occupation or one borough.';
COMMENT ON CONSTRAINT lesson_text_length ON lesson IS 'lesson.text: Keep it to 400 characters: one thing that you would tell a colleague.';

CREATE TABLE lesson_mark (
    lesson_id     uuid NOT NULL REFERENCES lesson,
    specialist_id uuid NOT NULL REFERENCES specialist,
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lesson_id, specialist_id)
);
COMMENT ON TABLE lesson_mark IS 'Who found a lesson useful.';

CREATE TABLE telling_word (
    word text PRIMARY KEY
);
COMMENT ON TABLE telling_word IS 'Words that can tell that somebody is in treatment, in whatever form (DOMAIN.md section 5).';
INSERT INTO telling_word (word) VALUES
    ('addict'), ('addiction'), ('alcoholic'), ('buprenorphine'), ('clinic'), ('detox'), ('keyworker'),
    ('methadone'), ('recovery'), ('rehab'), ('rehabilitation'), ('relapse'), ('sober'), ('treatment');

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['lesson', 'lesson_mark', 'telling_word'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;
CREATE POLICY network ON lesson FOR SELECT TO canvass_app
    USING ((withdrawn_at IS NULL OR specialist_id = (SELECT canvass.actor()))
           AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY add ON lesson FOR INSERT TO canvass_app
    WITH CHECK (specialist_id = (SELECT canvass.actor()) AND borough_id = (SELECT canvass.borough())
                AND withdrawn_at IS NULL AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY own ON lesson FOR UPDATE TO canvass_app
    USING (specialist_id = (SELECT canvass.actor()) AND withdrawn_at IS NULL
           AND (SELECT canvass.has_role('specialist', 'lead')))
    WITH CHECK (specialist_id = (SELECT canvass.actor()));
CREATE POLICY network ON lesson_mark FOR SELECT TO canvass_app
    USING ((SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY add ON lesson_mark FOR INSERT TO canvass_app
    WITH CHECK (specialist_id = (SELECT canvass.actor()) AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY take_back ON lesson_mark FOR DELETE TO canvass_app
    USING (specialist_id = (SELECT canvass.actor()));
CREATE POLICY callers ON telling_word FOR SELECT TO canvass_app
    USING ((SELECT canvass.actor()) IS NOT NULL);
GRANT SELECT ON lesson, lesson_mark, telling_word TO canvass_app;
GRANT INSERT (id, employer_id, soc, about_borough_id, text, specialist_id, by_name, borough_id) ON lesson TO canvass_app;
GRANT UPDATE (text, updated_at, withdrawn_at, version) ON lesson TO canvass_app;
GRANT INSERT (lesson_id, specialist_id), DELETE ON lesson_mark TO canvass_app;

CREATE FUNCTION lesson_json(l lesson) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', l.id, 'text', l.text, 'employer_id', l.employer_id,
            'employer', (SELECT e.name FROM employer e WHERE e.id = l.employer_id),
            'soc', l.soc, 'soc_title', occupation_title(l.soc),
            'about_borough_id', l.about_borough_id,
            'about_borough', (SELECT b.name FROM borough b WHERE b.id = l.about_borough_id),
            'by', l.by_name, 'borough', (SELECT b.name FROM borough b WHERE b.id = l.borough_id),
            'at', l.created_at, 'useful', count(m.*), 'useful_to_me', coalesce(bool_or(m.specialist_id = actor()), false),
            'own', l.specialist_id = actor(), 'withdrawn_at', l.withdrawn_at, 'etag', l.version::text))
          FROM lesson_mark m WHERE m.lesson_id = l.id);
END
$$;
COMMENT ON FUNCTION lesson_json(lesson) IS 'A lesson as message canvass.v1.Lesson.';

-- What to think of again before everybody reads a text: never an error, and it tells of no client
-- but the caller's own.
CREATE FUNCTION text_warnings(given text) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN ARRAY(
        SELECT format('"%s" looks like one of your team''s references; if it is one, take it out.', w.word)
          FROM (SELECT DISTINCT m.hit[1] AS word
                  FROM regexp_matches(upper(given), '[A-Z0-9]+(?:-[A-Z0-9]+)*', 'g') AS m (hit)) AS w
         WHERE w.word ~ '[A-Z]' AND w.word ~ '[0-9]'
           AND EXISTS (SELECT FROM client c WHERE reference_shape(c.ref) = reference_shape(w.word))
         ORDER BY w.word)
        || ARRAY(
        SELECT format('"%s" can tell that somebody is in treatment; say it in neutral words.', t.word)
          FROM telling_word t
         WHERE to_tsvector('english', given) @@ plainto_tsquery('english', t.word)
         ORDER BY t.word);
END
$$;
COMMENT ON FUNCTION text_warnings(text) IS
    'Sentences about a text that leaves the team: what looks like a reference of the caller''s clients, and words that tell.';

CREATE FUNCTION reference_shape(ref text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(regexp_replace(upper(ref), '[0-9]+', '9', 'g'), '[A-Z]+', 'A', 'g');
COMMENT ON FUNCTION reference_shape(text) IS 'LB-014 as A-9: what references of one team have in common.';

CREATE FUNCTION lesson_answer(l lesson) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$ SELECT jsonb_build_object('lesson', lesson_json(l), 'warnings', to_jsonb(text_warnings(l.text))) $$;

CREATE FUNCTION add_lesson(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'lesson', '{}');
    made lesson;
BEGIN
    INSERT INTO lesson (id, employer_id, soc, about_borough_id, text, specialist_id, by_name, borough_id)
        VALUES (chosen_id(m ->> 'id', 'lesson.id'),
                CASE WHEN tidy(m ->> 'employer_id') IS NOT NULL THEN employer_of(m ->> 'employer_id', 'lesson.employer_id') END,
                soc_of(m ->> 'soc', 'lesson.soc'), tidy(m ->> 'about_borough_id'),
                coalesce(text_without_client(m ->> 'text', 'lesson.text'), ''), actor(), actor_name(), borough())
        RETURNING * INTO made;
    RETURN lesson_answer(made);
END
$$;
COMMENT ON FUNCTION add_lesson(jsonb) IS 'LessonService/AddLesson: the whole response.';

-- A lesson of the caller's own, locked.
CREATE FUNCTION own_lesson(given text, etag text) RETURNS lesson
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    wanted uuid := given_id(given, 'lesson_id');
    l lesson;
BEGIN
    -- The policy shows for locking the caller's own that stand; anything else is told why not.
    SELECT * INTO l FROM lesson x WHERE x.id = wanted FOR NO KEY UPDATE;
    IF FOUND THEN
        PERFORM check_etag(etag, l.version, 'lesson', l.by_name, l.updated_at);
        RETURN l;
    END IF;
    SELECT * INTO l FROM lesson x WHERE x.id = wanted;
    IF l.id IS NULL THEN
        PERFORM fail('CV005', 'lesson_id', 'There is no such lesson.');
    ELSIF l.withdrawn_at IS NOT NULL THEN
        PERFORM fail('CV009', 'lesson_id', 'You withdrew this lesson %s.', said_when(l.withdrawn_at));
    END IF;
    PERFORM fail('CV007', 'lesson_id', 'Only %s can change this lesson.', l.by_name);
END
$$;

CREATE FUNCTION update_lesson(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    l lesson := own_lesson(request ->> 'lesson_id', request ->> 'etag');
BEGIN
    UPDATE lesson x SET text = coalesce(text_without_client(request ->> 'text', 'text'), ''),
           updated_at = now(), version = x.version + 1
     WHERE x.id = l.id
    RETURNING x.* INTO l;
    RETURN lesson_answer(l);
END
$$;
COMMENT ON FUNCTION update_lesson(jsonb) IS 'LessonService/UpdateLesson: the whole response.';

CREATE FUNCTION withdraw_lesson(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    l lesson := own_lesson(request ->> 'lesson_id', NULL);
BEGIN
    UPDATE lesson x SET withdrawn_at = now(), version = x.version + 1 WHERE x.id = l.id RETURNING x.* INTO l;
    RETURN lesson_json(l);
END
$$;
COMMENT ON FUNCTION withdraw_lesson(jsonb) IS 'LessonService/WithdrawLesson: the lesson.';

CREATE FUNCTION mark_lesson(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    l lesson;
BEGIN
    SELECT * INTO l FROM lesson x WHERE x.id = given_id(request ->> 'lesson_id', 'lesson_id') AND x.withdrawn_at IS NULL;
    IF l.id IS NULL THEN
        PERFORM fail('CV005', 'lesson_id', 'There is no such lesson.');
    ELSIF l.specialist_id = actor() THEN
        PERFORM fail('CV009', 'lesson_id', 'This lesson is yours; whether it is useful is for others to say.');
    END IF;
    IF (request ->> 'not_useful')::boolean THEN
        DELETE FROM lesson_mark m WHERE m.lesson_id = l.id AND m.specialist_id = actor();
    ELSE
        INSERT INTO lesson_mark (lesson_id, specialist_id) VALUES (l.id, actor()) ON CONFLICT DO NOTHING;
    END IF;
    RETURN lesson_json(l);
END
$$;
COMMENT ON FUNCTION mark_lesson(jsonb) IS 'LessonService/MarkLesson: the lesson.';

-- Lessons that stand and speak of any of these; where nothing is named, all. An occupation finds what
-- is said of it, of the groups that it belongs to and of those that belong to it.
CREATE FUNCTION lessons_about(employers uuid[], socs text[], boroughs text[])
RETURNS TABLE (l lesson, useful bigint)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT x, (SELECT count(*) FROM lesson_mark m WHERE m.lesson_id = x.id)
          FROM lesson x
         WHERE x.withdrawn_at IS NULL
           AND (coalesce(cardinality(employers), 0) + coalesce(cardinality(socs), 0) + coalesce(cardinality(boroughs), 0) = 0
                OR x.employer_id = ANY (employers)
                OR x.about_borough_id = ANY (boroughs)
                OR EXISTS (SELECT FROM unnest(socs) AS s WHERE s <> '' AND (starts_with(s, x.soc) OR starts_with(x.soc, s))));
END
$$;
COMMENT ON FUNCTION lessons_about(uuid[], text[], text[]) IS 'Standing lessons about any of these, and how many found each useful.';

-- The answer about a door, with what colleagues learnt of this employer, of the role in mind and of
-- the borough that it lies in.
CREATE FUNCTION with_lessons(answer jsonb, employer uuid, site uuid, role_soc text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN jsonb_set(answer, '{door,lessons}', (
        SELECT coalesce(jsonb_agg(lesson_json(f.l) ORDER BY f.n), '[]')
          FROM (SELECT a.l, row_number() OVER (ORDER BY (a.l).employer_id IS NULL, (a.l).soc IS NULL, a.useful DESC,
                                                        (a.l).created_at DESC, (a.l).id) AS n
                  FROM lessons_about(ARRAY[employer], array_remove(ARRAY[tidy(role_soc)], NULL),
                       ARRAY(SELECT s.borough_id FROM site s
                              WHERE s.id = coalesce(site, site_of(NULL, employer, '')))) AS a) AS f
         WHERE f.n <= 5));
END
$$;
COMMENT ON FUNCTION with_lessons(jsonb, uuid, uuid, text) IS 'An answer with a door, and the five lessons to read before going.';

GRANT EXECUTE ON FUNCTION lesson_json(lesson), text_warnings(text), reference_shape(text), lesson_answer(lesson),
    add_lesson(jsonb), own_lesson(text, text), update_lesson(jsonb), withdraw_lesson(jsonb),
    mark_lesson(jsonb), lessons_about(uuid[], text[], text[]), with_lessons(jsonb, uuid, uuid, text) TO canvass_app;

COMMIT;
