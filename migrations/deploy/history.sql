-- Deploy canvass:history to pg

-- What happened, in sentences, and taking it back. Both read change: history says what became of an
-- employer, a client or one row, a request an entry; undo puts back what one request changed, of
-- whatever tables, and is a request with changes of its own, so that it can be taken back in turn.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- ---- words ----

CREATE TYPE change_kind AS ENUM ('created', 'changed', 'deleted', 'replaced', 'nothing');
COMMENT ON TYPE change_kind IS 'What became of a row in one request, from first to last.';

-- {what} is the row's name, {fields} what changed of it. A table without a sentence says nothing:
-- its rows come and go with others, whose sentence tells it.
CREATE TABLE change_sentence (
    table_name text COLLATE "C" NOT NULL REFERENCES change_table,
    kind       change_kind NOT NULL,
    sentence   text NOT NULL,
    PRIMARY KEY (table_name, kind)
);
COMMENT ON TABLE change_sentence IS 'How history says what somebody did to a row of each table.';
INSERT INTO change_sentence (table_name, kind, sentence) VALUES
    ('employer', 'created', 'added {what} to the registry'),
    ('employer', 'changed', 'changed {fields}'),
    ('employer', 'deleted', 'took {what} out of the registry'),
    ('site', 'created', 'added the site {what}'),
    ('site', 'changed', 'changed {fields} of the site {what}'),
    ('site', 'deleted', 'took out the site {what}'),
    ('employer_ref', 'created', 'imported it with list {what}'),
    ('contact', 'created', 'added the contact {what}'),
    ('contact', 'changed', 'changed {fields} of the contact {what}'),
    ('contact', 'deleted', 'took out the contact {what}'),
    ('relationship', 'created', 'began the relationship'),
    ('relationship', 'changed', 'changed {fields}'),
    ('relationship', 'deleted', 'took out the relationship'),
    ('opening', 'created', 'noted the opening {what}'),
    ('opening', 'changed', 'changed {fields} of the opening {what}'),
    ('opening', 'deleted', 'took out the opening {what}'),
    ('not_duplicate', 'created', 'found {what} to be another employer'),
    ('contact_request', 'created', 'asked another borough for somebody to talk to'),
    ('contact_request', 'changed', 'answered a request for somebody to talk to'),
    ('contact_share', 'created', 'shared {what}'),
    ('contact_share', 'changed', 'withdrew the share of {what}'),
    ('contact_use', 'created', 'opened the details of {what}'),
    ('employer_block', 'created', 'noted that it asked not to be contacted'),
    ('employer_block', 'changed', 'lifted that it asked not to be contacted'),
    ('cool_off', 'created', 'set {what} of peace after a visit'),
    ('lesson', 'created', 'wrote a lesson'),
    ('lesson', 'changed', 'changed {fields} of a lesson'),
    ('lesson_mark', 'created', 'found a lesson useful'),
    ('lesson_mark', 'deleted', 'finds a lesson useful no longer'),
    ('client', 'created', 'added the client {what}'),
    ('client', 'changed', 'changed {fields} of {what}'),
    ('client', 'deleted', 'took out the client {what}'),
    ('visit', 'created', '{what}'),
    ('visit_client', 'created', 'recorded a visit for the client'),
    ('plan', 'created', 'planned a visit'),
    ('plan', 'changed', 'changed {fields} of a planned visit'),
    ('plan', 'deleted', 'took out a planned visit'),
    ('plan_client', 'created', 'planned a visit for the client'),
    ('plan_client', 'deleted', 'took the client out of a planned visit'),
    ('disclosure', 'created', 'noted what {what} may know'),
    ('disclosure', 'changed', 'ended what {what} may know'),
    ('disclosure', 'deleted', 'took out what {what} may know'),
    ('trial', 'created', 'proposed a trial at {what}'),
    ('trial', 'changed', 'changed {fields} of the trial at {what}'),
    ('trial', 'deleted', 'took out a trial at {what}'),
    ('job', 'created', 'recorded a job at {what}'),
    ('job', 'changed', 'changed {fields} of the job at {what}'),
    ('job', 'deleted', 'took out a job at {what}'),
    ('job_terms', 'created', 'noted the terms of a job'),
    ('job_terms', 'deleted', 'took out terms of a job'),
    ('lost_shift', 'created', 'noted a lost shift'),
    ('lost_shift', 'deleted', 'took out a lost shift'),
    ('support', 'created', 'recorded support'),
    ('support', 'deleted', 'took out a record of support'),
    ('employer_merge', 'created', 'merged {what} into it'),
    ('employer_merge', 'deleted', 'took it and {what} apart again');
INSERT INTO change_sentence (table_name, kind, sentence)
SELECT t.name, k, t.sentence
  FROM (VALUES ('client_occupation', 'changed the wishes'), ('client_wishes', 'changed the wishes'),
               ('client_constraints', 'changed what must hold'),
               ('client_unavailable', 'changed when the client cannot work'),
               ('client_pause', 'changed the pause')) AS t (name, sentence),
       unnest('{created,changed,deleted,replaced}'::change_kind[]) AS k;

-- The columns that people read of; others are bookkeeping, or follow from these.
CREATE TABLE change_field (
    table_name text COLLATE "C" NOT NULL REFERENCES change_table,
    field      text COLLATE "C" NOT NULL,
    title      text NOT NULL,
    form       text NOT NULL DEFAULT 'text',
    PRIMARY KEY (table_name, field),
    CONSTRAINT change_field_form CHECK (form IN ('text', 'date', 'moment', 'pence', 'tenths', 'number',
                                                 'yes', 'words', 'boroughs', 'person', 'site', 'secret'))
);
COMMENT ON TABLE change_field IS 'What a column is called, and how its values are said.';
COMMENT ON COLUMN change_field.form IS 'words: an enum or a list; secret: that it changed, not what it holds.';
COMMENT ON CONSTRAINT change_field_form ON change_field IS 'form: There is no such way to say a value.';
INSERT INTO change_field (table_name, field, title, form) VALUES
    ('employer', 'name', 'the name', 'text'),
    ('employer', 'trading_as', 'the name over the door', 'text'),
    ('employer', 'company_number', 'the company number', 'text'),
    ('employer', 'sic', 'the industry', 'text'),
    ('employer', 'website', 'the website', 'text'),
    ('employer', 'phone', 'the phone', 'text'),
    ('employer', 'staff', 'the staff', 'number'),
    ('employer', 'disability_confident', 'Disability Confident', 'words'),
    ('employer', 'disability_confident_until', 'the end of Disability Confident', 'date'),
    ('employer', 'living_wage', 'the Living Wage', 'yes'),
    ('employer', 'living_wage_until', 'the end of the Living Wage', 'date'),
    ('employer', 'about', 'what is known', 'text'),
    ('employer', 'refs', 'the lists', 'words'),
    ('site', 'name', 'the name', 'text'),
    ('site', 'address', 'the address', 'words'),
    ('site', 'postcode', 'the postcode', 'text'),
    ('site', 'phone', 'the phone', 'text'),
    ('site', 'closed', 'closed', 'yes'),
    ('contact', 'site_id', 'the site', 'site'),
    ('contact', 'name', 'the name', 'text'),
    ('contact', 'job', 'the job', 'text'),
    ('contact', 'hires', 'whether they hire', 'yes'),
    ('contact', 'phone', 'the phone', 'text'),
    ('contact', 'email', 'the email', 'text'),
    ('contact', 'source', 'the source', 'text'),
    ('contact', 'basis', 'the basis', 'words'),
    ('contact', 'told_on', 'the day they were told', 'date'),
    ('contact', 'objected_on', 'the day they objected', 'date'),
    ('contact', 'checked_on', 'the day of the last check', 'date'),
    ('relationship', 'stage', 'the stage', 'words'),
    ('relationship', 'lead_id', 'the lead', 'person'),
    ('relationship', 'stance', 'the stance', 'words'),
    ('relationship', 'last_visit_at', 'the last visit', 'moment'),
    ('relationship', 'next_touch_at', 'the next touch', 'moment'),
    ('relationship', 'next_step', 'the next step', 'text'),
    ('opening', 'site_id', 'the site', 'site'),
    ('opening', 'title', 'the title', 'text'),
    ('opening', 'soc', 'the occupation', 'text'),
    ('opening', 'hidden', 'hidden', 'yes'),
    ('opening', 'hours_min_tenths', 'the fewest hours', 'tenths'),
    ('opening', 'hours_max_tenths', 'the most hours', 'tenths'),
    ('opening', 'pay_pence_hour', 'the pay', 'pence'),
    ('opening', 'shifts', 'the shifts', 'secret'),
    ('opening', 'driving', 'the driving', 'words'),
    ('opening', 'check_level', 'the check', 'words'),
    ('opening', 'features', 'what it brings with it', 'words'),
    ('opening', 'permanent', 'permanent', 'yes'),
    ('opening', 'starts_on', 'the start', 'date'),
    ('opening', 'closes_on', 'the closing date', 'date'),
    ('opening', 'places', 'the places', 'number'),
    ('opening', 'trial', 'the trial', 'words'),
    ('opening', 'trial_days', 'the days of trial', 'number'),
    ('opening', 'notes', 'the notes', 'text'),
    ('opening', 'network', 'whether the network sees it', 'yes'),
    ('opening', 'seen_by', 'the boroughs that see it', 'boroughs'),
    ('opening', 'expected_weeks', 'the weeks it lasts', 'number'),
    ('opening', 'closed_reason', 'why it closed', 'text'),
    ('contact_request', 'granted', 'granted', 'yes'),
    ('contact_request', 'answer', 'the answer', 'text'),
    ('contact_share', 'withdrawn_at', 'the withdrawal', 'moment'),
    ('employer_block', 'lifted_at', 'the lifting', 'moment'),
    ('employer_block', 'lifted_reason', 'why it was lifted', 'text'),
    ('lesson', 'text', 'the text', 'secret'),
    ('lesson', 'withdrawn_at', 'the withdrawal', 'moment'),
    ('client', 'initials', 'the initials', 'text'),
    ('client', 'specialist_id', 'the specialist', 'person'),
    ('client', 'status', 'the status', 'words'),
    ('client', 'age_band', 'the age band', 'words'),
    ('client', 'home_postcode', 'where journeys begin', 'text'),
    ('client', 'paused_until', 'the end of the pause', 'date'),
    ('client', 'discharge_reason', 'why support ended', 'words'),
    ('plan', 'cancelled_at', 'the cancellation', 'moment'),
    ('plan', 'visit_id', 'the visit that ticked it off', 'secret'),
    ('trial', 'site_id', 'the site', 'site'),
    ('trial', 'kind', 'the kind', 'words'),
    ('trial', 'starts_on', 'the first day', 'date'),
    ('trial', 'ends_on', 'the last day', 'date'),
    ('trial', 'days', 'the days', 'number'),
    ('trial', 'days_worked', 'the days worked', 'number'),
    ('trial', 'kept_until', 'how long the place is kept', 'date'),
    ('trial', 'status', 'the status', 'words'),
    ('trial', 'jcp_ref', 'Jobcentre Plus''s reference', 'text'),
    ('trial', 'jcp_agreed_on', 'the day on which Jobcentre Plus agreed', 'date'),
    ('trial', 'interviewed', 'interviewed', 'yes'),
    ('trial', 'sole_candidate', 'the only candidate', 'yes'),
    ('trial', 'volunteer', 'a volunteer', 'yes'),
    ('trial', 'override_reason', 'why it is longer', 'text'),
    ('trial', 'unpaid_reason', 'why it is not paid', 'text'),
    ('trial', 'is_recruiting', 'recruiting', 'yes'),
    ('trial', 'is_longer', 'longer than needed', 'yes'),
    ('trial', 'is_observed', 'observed', 'yes'),
    ('trial', 'is_matching', 'the job''s tasks', 'yes'),
    ('trial', 'is_valuable', 'of value beyond testing', 'yes'),
    ('trial', 'is_saving', 'saving labour', 'yes'),
    ('trial', 'pay_pence_hour', 'the pay', 'pence'),
    ('trial', 'observer', 'who watches', 'text'),
    ('trial', 'tasks', 'the tasks', 'text'),
    ('trial', 'adjustments', 'the adjustments', 'secret'),
    ('trial', 'travel_paid', 'travel paid', 'yes'),
    ('trial', 'meals_pence_day', 'the meals', 'pence'),
    ('trial', 'insured', 'insured', 'yes'),
    ('trial', 'benefits_told', 'benefits told', 'yes'),
    ('trial', 'outcome', 'the outcome', 'words'),
    ('trial', 'outcome_reason', 'the reason', 'secret'),
    ('trial', 'employer_feedback', 'the employer''s feedback', 'secret'),
    ('trial', 'client_feedback', 'the client''s feedback', 'secret'),
    ('job', 'site_id', 'the site', 'site'),
    ('job', 'title', 'the title', 'text'),
    ('job', 'soc', 'the occupation', 'text'),
    ('job', 'starts_on', 'the start', 'date'),
    ('job', 'competitive', 'competitive', 'yes'),
    ('job', 'pay_rhythm', 'the pay days', 'words'),
    ('job', 'first_pay_on', 'the first pay day', 'date'),
    ('job', 'ends_on', 'the last day', 'date'),
    ('job', 'end_reason', 'why it ended', 'words'),
    ('disclosure', 'ended_at', 'the end', 'moment'),
    ('disclosure', 'withdrawn', 'withdrawn', 'yes');

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['change_sentence', 'change_field'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
        EXECUTE format('CREATE POLICY callers ON %I FOR SELECT TO canvass_app USING ((SELECT canvass.actor()) IS NOT NULL)', t);
        EXECUTE format('GRANT SELECT ON %I TO canvass_app', t);
    END LOOP;
END
$$;

-- What no sentence speaks of, undo does not put back and nothing depends on: who wrote a row last,
-- its version, and what is worked out from other rows.
CREATE FUNCTION change_bookkeeping() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{updated_at,updated_by,updated_by_name,version,open_sites,blocked_on,words,name_key}'::text[];

CREATE FUNCTION said_value(v jsonb, form text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t text := v #>> '{}';
BEGIN
    IF v IS NULL OR t IN ('', '[]') OR form IN ('pence', 'tenths', 'number') AND t = '0' THEN
        RETURN NULL;
    END IF;
    RETURN CASE form
        WHEN 'date' THEN said_date(t::date)
        WHEN 'moment' THEN to_char(t::timestamptz AT TIME ZONE 'Europe/London', 'FMDD FMMonth YYYY HH24:MI')
        WHEN 'pence' THEN said_pence(t::integer)
        WHEN 'tenths' THEN said_tenths(t::integer)
        WHEN 'yes' THEN CASE WHEN t::boolean THEN 'yes' ELSE 'no' END
        WHEN 'words' THEN CASE jsonb_typeof(v)
            WHEN 'array' THEN (SELECT string_agg(x, ', ' ORDER BY n)
                                 FROM jsonb_array_elements_text(v) WITH ORDINALITY AS l (x, n))
            ELSE replace(t, '_', ' ') END
        WHEN 'boroughs' THEN (SELECT string_agg(b.name, ', ' ORDER BY b.name) FROM borough b WHERE v ? b.id)
        WHEN 'person' THEN coalesce(specialist_name(t::uuid), 'somebody')
        WHEN 'site' THEN (SELECT coalesce(s.name, s.address[1], s.postcode) FROM site s WHERE s.id = t::uuid)
        WHEN 'secret' THEN NULL
        ELSE t END;
END
$$;
COMMENT ON FUNCTION said_value(jsonb, text) IS 'A column''s value as a person would say it; NULL for none.';

CREATE FUNCTION said_fields(of_table text, old jsonb, new jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT string_agg(f.title || coalesce(' from ' || said_value(old -> f.field, f.form), '')
                              || coalesce(' to ' || said_value(new -> f.field, f.form),
                                          CASE WHEN said_value(old -> f.field, f.form) IS NOT NULL
                                               THEN ' to nothing' ELSE '' END),
                      ', ' ORDER BY f.title)
      FROM change_field f WHERE f.table_name = of_table AND old ? f.field
$$;
COMMENT ON FUNCTION said_fields(text, jsonb, jsonb) IS 'What an update changed: "the phone from ... to ..."; NULL if nothing that people read of.';

-- What a row is called: as it is, or as it was before it went.
CREATE FUNCTION said_row(of_table text, id uuid, key text, held jsonb) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    CASE of_table
    WHEN 'employer' THEN
        RETURN coalesce(held ->> 'name', (SELECT e.name FROM employer e WHERE e.id = said_row.id), 'an employer');
    WHEN 'site' THEN
        RETURN coalesce(
            coalesce(held ->> 'name', held #>> '{address,0}', held ->> 'postcode'),
            (SELECT coalesce(s.name, s.address[1], s.postcode) FROM site s WHERE s.id = said_row.id), 'without an address');
    WHEN 'contact' THEN
        RETURN coalesce(held ->> 'name', (SELECT c.name FROM contact c WHERE c.id = said_row.id), 'somebody');
    WHEN 'opening' THEN
        RETURN coalesce(held ->> 'title', (SELECT o.title FROM opening o WHERE o.id = said_row.id), 'an opening');
    WHEN 'client' THEN
        RETURN coalesce(held ->> 'ref', (SELECT c.ref FROM client c WHERE c.id = said_row.id), 'a client');
    WHEN 'employer_ref' THEN
        RETURN split_part(key, ':', 1);
    WHEN 'employer_merge' THEN
        RETURN coalesce(held ->> 'name', (SELECT m.name FROM employer_merge m WHERE m.merged_id = said_row.id), 'another employer');
    WHEN 'not_duplicate' THEN
        RETURN coalesce((SELECT e.name FROM employer e WHERE e.id = key::uuid), 'an employer');
    WHEN 'contact_share' THEN
        RETURN (SELECT format('%s with %s', coalesce(c.name, 'somebody'), b.name)
                  FROM jsonb_populate_record((SELECT s FROM contact_share s WHERE s.id = said_row.id), coalesce(held, '{}')) AS s
                  JOIN borough b ON b.id = s.to_borough_id LEFT JOIN contact c ON c.id = s.contact_id);
    WHEN 'contact_use' THEN
        RETURN coalesce((SELECT c.name FROM contact_use u JOIN contact c ON c.id = u.contact_id WHERE u.id = said_row.id), 'somebody');
    WHEN 'cool_off' THEN
        RETURN coalesce(held ->> 'days', (SELECT o.days::text FROM cool_off o WHERE o.id = said_row.id)) || ' days';
    WHEN 'visit' THEN
        RETURN CASE WHEN (held ->> 'withdrawn')::boolean THEN 'took a visit out of the log'
                    WHEN held ->> 'replaces_id' IS NOT NULL THEN 'put a visit right'
                    ELSE 'recorded a visit' END;
    WHEN 'disclosure', 'trial', 'job' THEN
        RETURN coalesce((SELECT e.name FROM employer e
                          WHERE e.id = standing_employer(coalesce(held ->> 'employer_id',
                                CASE of_table WHEN 'trial' THEN (SELECT t.employer_id FROM trial t WHERE t.id = said_row.id)
                                              WHEN 'job' THEN (SELECT j.employer_id FROM job j WHERE j.id = said_row.id)
                                              ELSE (SELECT d.employer_id FROM disclosure d WHERE d.id = said_row.id) END::text)::uuid)),
                        'an employer');
    ELSE
        RETURN NULL;
    END CASE;
END
$$;

-- One row's change as what somebody did: "changed the phone from ... to ..."; NULL if it says nothing.
CREATE FUNCTION said_change(of_table text, kind change_kind, id uuid, key text, old jsonb, new jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT replace(CASE WHEN s.sentence LIKE '%{fields}%'
                        THEN replace(s.sentence, '{fields}',
                                     coalesce(said_fields(of_table, old, new),
                                              CASE WHEN old IS NULL THEN 'something that was not kept' END))
                        ELSE s.sentence END,
                   '{what}', coalesce(said_row(of_table, said_change.id, said_change.key,
                                               CASE kind WHEN 'created' THEN new WHEN 'deleted' THEN old END), ''))
      FROM change_sentence s WHERE s.table_name = of_table AND s.kind = said_change.kind
$$;

-- ---- what a request did to each row ----

-- jsonb || jsonb || ...: a later value of a key wins.
CREATE AGGREGATE jsonb_over(jsonb) (SFUNC = jsonb_concat, STYPE = jsonb, INITCOND = '{}');

CREATE FUNCTION change_kind_of(first_op change_op, last_op change_op) RETURNS change_kind
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN first_op = 'insert' AND last_op = 'delete' THEN 'nothing'
            WHEN first_op = 'insert' THEN 'created'
            WHEN last_op = 'delete' THEN 'deleted'
            WHEN first_op = 'delete' THEN 'replaced'
            ELSE 'changed' END::change_kind;

-- old: what stood in the row before the request, of the columns that it changed.
CREATE FUNCTION change_net(by_actor uuid, of_request uuid, of_table text)
RETURNS TABLE (row_id uuid, row_key text, kind change_kind, old jsonb, first_id bigint, is_forgotten boolean)
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT c.row_id, c.row_key,
           change_kind_of((array_agg(c.op ORDER BY c.id))[1], (array_agg(c.op ORDER BY c.id DESC))[1]),
           jsonb_over(c.old ORDER BY c.id DESC), min(c.id), bool_or(c.op <> 'insert' AND c.old IS NULL)
      FROM change c
     WHERE c.request_id = of_request AND c.actor = by_actor AND c.table_name = of_table
     GROUP BY c.row_id, c.row_key
$$;

-- ---- history ----

CREATE TABLE undo (
    actor         uuid NOT NULL REFERENCES specialist,
    request_id    uuid NOT NULL,
    -- What was done in the first place; that it was taken back, or done again.
    of_actor      uuid NOT NULL REFERENCES specialist,
    of_request_id uuid NOT NULL,
    is_again      boolean NOT NULL,
    -- In which order: the last one says how it stands.
    n             bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (actor, request_id)
);
CREATE INDEX undo_of ON undo (of_actor, of_request_id, n);
COMMENT ON TABLE undo IS 'Requests that took back others.';
ALTER TABLE undo ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON undo TO canvass_owner USING (true);
CREATE POLICY callers ON undo FOR SELECT TO canvass_app USING ((SELECT canvass.actor()) IS NOT NULL);
GRANT SELECT ON undo TO canvass_app;

CREATE FUNCTION specialist_borough(specialist_id uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE STRICT
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT b.name FROM specialist s JOIN borough b ON b.id = s.borough_id
             WHERE s.id = specialist_id AND actor() IS NOT NULL);
END
$$;
COMMENT ON FUNCTION specialist_borough(uuid) IS 'The borough of a specialist of any borough.';

-- Which changes history speaks of: those of these employers, of this client, or of this row.
CREATE TYPE history_scope AS (employers uuid[], client uuid, of_table text, row_id uuid);

CREATE FUNCTION in_scope(c change, s history_scope) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN s.employers IS NOT NULL THEN c.employer_id = ANY (s.employers)
            WHEN s.client IS NOT NULL THEN c.client_id = s.client
            WHEN s.row_id IS NOT NULL THEN c.row_id = s.row_id AND c.table_name = s.of_table
            ELSE true END;

-- What changes did, from first to last, as clauses; what one clause tells, others leave out.
CREATE FUNCTION said_changes(changes change[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    WITH net AS (
        SELECT c.table_name, t.place,
               said_change(c.table_name,
                           change_kind_of((array_agg(c.op ORDER BY c.id))[1], (array_agg(c.op ORDER BY c.id DESC))[1]),
                           c.row_id, c.row_key,
                           CASE WHEN count(c.old) > 0 THEN jsonb_over(c.old ORDER BY c.id DESC) END,
                           jsonb_over(c.new ORDER BY c.id)) AS clause,
               (array_agg(c.op ORDER BY c.id))[1] = 'insert' AS is_new, min(c.id) AS id
          FROM unnest(changes) AS c JOIN change_table t ON t.name = c.table_name
         GROUP BY c.table_name, t.place, c.row_id, c.row_key
    ), told AS (
        SELECT bool_or(table_name = 'employer_merge') AS merge,
               bool_or(table_name = 'employer_ref' AND is_new) AS import,
               bool_or(table_name = 'employer' AND is_new) AS employer,
               bool_or(table_name = 'visit') AS visit, bool_or(table_name = 'plan') AS plan,
               bool_or(table_name = 'client' AND is_new) AS client
          FROM net
    ), said AS (
        SELECT n.clause, min(n.place) AS place, min(n.id) AS id
          FROM net n CROSS JOIN told t
         WHERE n.clause IS NOT NULL
           AND CASE WHEN t.merge THEN n.table_name = 'employer_merge'
                    WHEN t.import THEN n.table_name = 'employer_ref'
                    WHEN n.table_name = 'site' THEN NOT (t.employer AND n.is_new)
                    WHEN n.table_name IN ('relationship', 'plan', 'visit_client') THEN NOT t.visit
                    WHEN n.table_name = 'plan_client' THEN NOT (t.plan OR t.visit)
                    WHEN n.table_name LIKE 'client\_%' THEN NOT t.client
                    ELSE true END
         GROUP BY n.clause
    )
    SELECT nullif(string_agg(clause, '; ' ORDER BY place, id) FILTER (WHERE n <= 3)
                  || CASE WHEN max(n) > 3 THEN format('; and %s more', max(n) - 3) ELSE '' END, '')
      FROM (SELECT s.*, row_number() OVER (ORDER BY s.place, s.id) AS n FROM said s) AS s
$$;
COMMENT ON FUNCTION said_changes(change[]) IS 'What these changes did, in clauses: "recorded a visit; changed the next touch to ...".';

-- What a request did, as far as the caller may see it, within a scope. An undo says what it took back.
CREATE FUNCTION said_request(by_actor uuid, of_request uuid, of_xid xid8, s history_scope) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    u undo;
    n bigint;
BEGIN
    SELECT * INTO u FROM undo WHERE actor = by_actor AND request_id = of_request;
    IF FOUND THEN
        RETURN CASE WHEN u.is_again THEN 'did again: ' ELSE 'took back: ' END
               || coalesce(said_request(u.of_actor, u.of_request_id, NULL, s), 'what is not yours to see');
    END IF;
    -- A list as a whole is said by its number.
    IF of_xid IS NULL AND s.employers IS NULL THEN
        SELECT count(*) INTO n FROM change c
         WHERE c.request_id = of_request AND c.actor = by_actor AND c.table_name = 'employer_ref' AND c.op = 'insert';
        IF n > 1 THEN
            RETURN format('imported %s rows of the list %s', to_char(n, 'FM999,999,999'),
                          (SELECT split_part(c.row_key, ':', 1) FROM change c
                            WHERE c.request_id = of_request AND c.actor = by_actor
                              AND c.table_name = 'employer_ref' AND c.op = 'insert' LIMIT 1));
        END IF;
    END IF;
    RETURN (SELECT said_changes(array_agg(c)) FROM change c
             WHERE CASE WHEN of_xid IS NULL THEN c.request_id = of_request AND c.actor = by_actor
                        ELSE c.xid = of_xid AND c.request_id IS NOT DISTINCT FROM of_request
                             AND c.actor IS NOT DISTINCT FROM by_actor END
               AND in_scope(c, s) AND change_seen(c.table_name, c.borough_id, c.team_id));
END
$$;

-- The scope that a request names; CV005 where the caller sees no such thing.
CREATE FUNCTION history_scope_of(request jsonb) RETURNS history_scope
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    field text;
    named uuid;
    s history_scope;
    is_seen boolean;
BEGIN
    SELECT k INTO field FROM jsonb_each_text(request) AS f (k, v)
     WHERE k IN ('employer_id', 'site_id', 'contact_id', 'opening_id', 'client_id', 'visit_id') AND v <> '';
    named := given_id(request ->> field, coalesce(field, 'employer_id'));
    CASE field
    WHEN 'employer_id' THEN
        named := standing_employer(named);
        is_seen := EXISTS (SELECT FROM employer e WHERE e.id = named);
    WHEN 'client_id' THEN is_seen := EXISTS (SELECT FROM client c WHERE c.id = named);
    WHEN 'site_id' THEN is_seen := EXISTS (SELECT FROM site t WHERE t.id = named);
    WHEN 'contact_id' THEN is_seen := EXISTS (SELECT FROM contact c WHERE c.id = named);
    WHEN 'opening_id' THEN is_seen := EXISTS (SELECT FROM opening o WHERE o.id = named);
    WHEN 'visit_id' THEN is_seen := EXISTS (SELECT FROM visit v WHERE v.id = named);
    END CASE;
    IF NOT is_seen THEN
        PERFORM fail('CV005', field, 'There is no such %s, or it is not yours to see.', replace(field, '_id', ''));
    END IF;
    CASE field
    WHEN 'employer_id' THEN
        s.employers := named || ARRAY(SELECT m.merged_id FROM employer_merge m WHERE m.kept_id = named);
    WHEN 'client_id' THEN s.client := named;
    ELSE
        s.of_table := replace(field, '_id', '');
        s.row_id := named;
    END CASE;
    RETURN s;
END
$$;

-- n is one more than a page holds. An entry is what one transaction did within the scope.
CREATE FUNCTION history(request jsonb, n integer, token text)
RETURNS TABLE (entry jsonb, next_page_token text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    s history_scope := history_scope_of(request);
    key text[] := page_key(token, 1);
BEGIN
    RETURN QUERY
    WITH seen AS (
        SELECT c FROM change c WHERE c.employer_id = ANY (s.employers)
        UNION ALL
        SELECT c FROM change c WHERE c.client_id = s.client
        UNION ALL
        SELECT c FROM change c WHERE c.row_id = s.row_id AND c.table_name = s.of_table
    ), page AS (
        SELECT (c).xid, (c).actor, (c).request_id, max((c).id) AS last_id, max((c).at) AS at,
               max((c).actor_name) AS by, array_agg(c) AS changes
          FROM seen
         GROUP BY 1, 2, 3
        HAVING key IS NULL OR max((c).id) < key[1]::bigint
         ORDER BY max((c).id) DESC LIMIT n
    )
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'at', p.at, 'by', coalesce(p.by, 'canvass'), 'borough', specialist_borough(p.actor),
               'sentence', format('%s%s %s', coalesce(p.by, 'canvass'),
                                  ' (' || specialist_borough(p.actor) || ')',
                                  coalesce(said_request(p.actor, p.request_id, p.xid, s), 'changed nothing that is shown')),
               'fields', history_fields(p.changes), 'request_id', p.request_id,
               'undoable', w.why IS NULL, 'why_not', w.why)),
           page_token(p.last_id::text)
      FROM page p
     CROSS JOIN LATERAL (SELECT why_not_undone(p.actor, p.request_id) AS why OFFSET 0) AS w
     ORDER BY p.last_id DESC;
END
$$;
COMMENT ON FUNCTION history(jsonb, integer, text) IS 'HistoryService/ListHistory: entries, the newest first.';

CREATE FUNCTION history_fields(changes change[]) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'of', f.table_name, 'name', f.title, 'old', said_value(r.old -> f.field, f.form),
               'new', said_value(r.new -> f.field, f.form))) ORDER BY r.id, f.title)
      FROM (SELECT c.table_name, min(c.id) AS id, jsonb_over(c.old ORDER BY c.id DESC) AS old,
                   jsonb_over(c.new ORDER BY c.id) AS new
              FROM unnest(changes) AS c GROUP BY c.table_name, c.row_id, c.row_key) AS r
      JOIN change_field f ON f.table_name = r.table_name
     WHERE r.old -> f.field IS DISTINCT FROM r.new -> f.field
       AND num_nonnulls(said_value(r.old -> f.field, f.form), said_value(r.new -> f.field, f.form)) > 0
$$;

-- ---- visits that are taken back ----

-- The log keeps what was recorded. Taking a recorded visit back adds a row that replaces it and says
-- that it did not take place; taking a correction back adds one that reads as before. So the log
-- shows the mistake and its end, and what stands is as if there had been none.
ALTER TABLE visit ADD COLUMN withdrawn boolean NOT NULL DEFAULT false
    CONSTRAINT visit_withdrawn_replaces CHECK (NOT withdrawn OR replaces_id IS NOT NULL);
COMMENT ON COLUMN visit.withdrawn IS 'This row replaces a visit that was recorded by mistake; nothing stands in its place.';
COMMENT ON CONSTRAINT visit_withdrawn_replaces ON visit IS 'visit.replaces_id: Only a visit that was recorded is taken back.';
CREATE OR REPLACE VIEW standing_visit WITH (security_invoker = true) AS
    SELECT v.* FROM visit v
     WHERE NOT v.withdrawn AND NOT EXISTS (SELECT FROM visit r WHERE r.replaces_id = v.id);
COMMENT ON VIEW standing_visit IS 'Visits as they read now: those that no correction replaced and nobody took back.';

CREATE OR REPLACE FUNCTION add_visit(v visit, in_mind uuid) RETURNS visit
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    v.generic := in_mind IS NULL;
    v.borough_id := borough();
    v.team_id := team();
    v.recorded_by := actor();
    v.recorded_at := now();
    v.withdrawn := coalesce(v.withdrawn, false);
    INSERT INTO visit SELECT v.*;
    IF in_mind IS NOT NULL THEN
        INSERT INTO visit_client (visit_id, client_id) VALUES (v.id, in_mind);
    END IF;
    RETURN v;
END
$$;

-- A visit, and those that it puts right, the last first.
CREATE FUNCTION visit_line(v visit) RETURNS SETOF uuid
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    WITH RECURSIVE line AS (SELECT v.id, v.replaces_id
                             UNION
                            SELECT b.id, b.replaces_id FROM visit b JOIN line l ON b.id = l.replaces_id)
    SELECT id FROM line
$$;

CREATE FUNCTION undo_visits(recorded uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    was visit;
    v visit;
    in_mind uuid;
BEGIN
    -- A correction that was taken back lies between a visit and what stands for it.
    FOR was IN WITH RECURSIVE line AS (
                   SELECT w.* FROM visit w WHERE w.id = ANY (recorded)
                    UNION
                   SELECT r.* FROM visit r JOIN line l ON r.replaces_id = l.id)
               SELECT * FROM line l
                WHERE NOT EXISTS (SELECT FROM visit r WHERE r.replaces_id = l.id) ORDER BY l.id LOOP
        -- What read before: the visit that the one recorded put right, or none.
        SELECT b.* INTO v FROM visit b JOIN visit f ON f.replaces_id = b.id
          JOIN visit_line(was) l ON l = f.id WHERE f.id = ANY (recorded);
        IF NOT FOUND THEN
            v := was;
            v.withdrawn := true;
        END IF;
        SELECT l.client_id INTO in_mind FROM visit_client l WHERE l.visit_id = v.id;
        v.id := uuid_v7();
        v.replaces_id := was.id;
        v.recorded_by := actor();
        v.recorded_at := now();
        INSERT INTO visit SELECT v.*;
        IF in_mind IS NOT NULL THEN
            INSERT INTO visit_client (visit_id, client_id) VALUES (v.id, in_mind);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION undo_visits(uuid[]) IS 'Let the log read as it did before these visits were recorded.';

-- ---- what depends on a request ----

-- How a table's row r is one of change_net()'s n.
CREATE FUNCTION change_match(t change_table) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (t).row_id LIKE 'NULL%' THEN '' ELSE format('%s = n.row_id', (t).row_id) END
       || CASE WHEN (t).row_id LIKE 'NULL%' OR (t).row_key LIKE 'NULL%' THEN '' ELSE ' AND ' END
       || CASE WHEN (t).row_key LIKE 'NULL%' THEN '' ELSE format('%s = n.row_key', (t).row_key) END;

-- Whether a request's changes are of no account any more: it was taken back, or it is one that took
-- back or did again, which comes to what the first request did or to nothing.
CREATE FUNCTION is_settled(by_actor uuid, of_request uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM undo u WHERE u.actor = by_actor AND u.request_id = of_request)
           OR NOT coalesce((SELECT u.is_again FROM undo u WHERE u.of_actor = by_actor AND u.of_request_id = of_request
                             ORDER BY u.n DESC LIMIT 1), true)
$$;

-- Which request to take back where one is named that was taken back and done again before: the one
-- that left things as they are; or, in a sentence, that there is nothing to do.
CREATE FUNCTION undo_target(INOUT by_actor uuid, INOUT of_request uuid, OUT why text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    u undo;
    latest undo;
BEGIN
    SELECT * INTO u FROM undo x WHERE x.actor = by_actor AND x.request_id = of_request;
    SELECT * INTO latest FROM undo x
     WHERE x.of_actor = coalesce(u.of_actor, by_actor) AND x.of_request_id = coalesce(u.of_request_id, of_request)
     ORDER BY x.n DESC LIMIT 1;
    IF latest.actor IS NULL THEN
        RETURN;
    ELSIF coalesce(u.is_again, true) = latest.is_again THEN
        by_actor := latest.actor;
        of_request := latest.request_id;
    ELSE
        why := format('%s %s already.', coalesce((SELECT s.name FROM specialist s WHERE s.id = latest.actor), 'Somebody'),
                      CASE WHEN latest.is_again THEN 'did this again' ELSE 'took this back' END);
    END IF;
END
$$;

-- Later changes of the same rows, in columns that people read of. From the later ones to the
-- request's: of a long list that was imported just now there are few.
CREATE FUNCTION undo_changed_since(by_actor uuid, of_request uuid, of_table text) RETURNS SETOF change
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT l.* FROM change l
     WHERE l.id > (SELECT min(c.id) FROM change c
                    WHERE c.request_id = of_request AND c.actor = by_actor AND c.table_name = of_table)
       AND l.table_name = of_table AND (l.request_id, l.actor) IS DISTINCT FROM (of_request, by_actor)
       AND EXISTS (
           SELECT FROM change c
            WHERE (c.row_id = l.row_id OR l.row_id IS NULL AND c.row_id IS NULL AND c.row_key = l.row_key)
              AND c.row_key IS NOT DISTINCT FROM l.row_key AND c.table_name = of_table
              AND c.request_id = of_request AND c.actor = by_actor AND c.id < l.id
              AND (l.op <> 'update' OR c.op = 'delete' OR l.old IS NULL
                   OR EXISTS (SELECT FROM jsonb_object_keys(l.old) AS k
                               WHERE k <> ALL (change_bookkeeping()) AND (c.op = 'insert' OR c.old ? k))))
       AND NOT is_settled(l.actor, l.request_id);
END
$$;

-- Rows that the request did not touch and that refer to rows that it made, or moved: by a column that
-- it changed, or as a correction refers to the visit that it puts right. The change that made each,
-- or, where none is kept, the table alone.
CREATE FUNCTION undo_referring(by_actor uuid, of_request uuid, of_table text) RETURNS SETOF change
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    parent change_table;
    child change_table;
    key record;
    same_row text;
BEGIN
    SELECT * INTO STRICT parent FROM change_table WHERE name = of_table;
    FOR key IN
        SELECT c.conrelid::regclass::text AS child,
               (SELECT string_agg(format('r.%I = p.%I', f.attname, g.attname), ' AND ')
                  FROM unnest(c.conkey, c.confkey) AS k (f, g)
                  JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.f
                  JOIN pg_attribute g ON g.attrelid = c.confrelid AND g.attnum = k.g) AS same,
               format('(n.op = ''insert'' OR n.op = ''update'' AND (%L OR n.old ?| %L))',
                      c.conrelid = c.confrelid,
                      ARRAY(SELECT a.attname FROM pg_attribute a
                             WHERE a.attrelid = c.confrelid AND a.attnum = ANY (c.confkey))) AS needed
          FROM pg_constraint c
         WHERE c.contype = 'f' AND c.confrelid = of_table::regclass AND c.confdeltype = 'a' LOOP
        SELECT * INTO child FROM change_table WHERE name = key.child;
        IF NOT FOUND THEN
            -- Not kept, so not made by the request.
            RETURN QUERY EXECUTE format(
                'SELECT (jsonb_populate_record(NULL::change, jsonb_build_object(''table_name'', %L))).*
                  WHERE EXISTS (SELECT FROM %s r JOIN %I p ON %s
                                  JOIN change n ON n.request_id = $2 AND n.actor = $1
                                   AND n.table_name = %L AND %s AND %s)',
                key.child, key.child, of_table, key.same, of_table, key.needed, replace(change_match(parent), 'r.', 'p.'))
              USING by_actor, of_request;
            CONTINUE;
        END IF;
        same_row := CASE WHEN child.row_id LIKE 'NULL%' THEN 'c.row_id IS NULL AND c.row_key = x.key'
                         WHEN child.row_key LIKE 'NULL%' THEN 'c.row_id = x.id AND c.row_key IS NULL'
                         ELSE 'c.row_id = x.id AND c.row_key = x.key' END;
        RETURN QUERY EXECUTE format(
            'SELECT l.* FROM (SELECT DISTINCT %1$s AS id, %2$s AS key FROM %3$I r JOIN %4$I p ON %5$s
                                JOIN change n ON n.request_id = $2 AND n.actor = $1
                                 AND n.table_name = %4$L AND %6$s AND %7$s) AS x
              CROSS JOIN LATERAL (
                   SELECT c.* FROM change c
                    WHERE %8$s AND c.table_name = %3$L AND c.op = ''insert''
                      AND NOT EXISTS (SELECT FROM change c
                                       WHERE %8$s AND c.table_name = %3$L AND c.request_id = $2 AND c.actor = $1)
                    ORDER BY c.id DESC LIMIT 1) AS l
              WHERE NOT (%9$L AND is_settled(l.actor, l.request_id))',
            child.row_id, child.row_key, child.name, of_table, key.same, key.needed,
            replace(change_match(parent), 'r.', 'p.'), same_row, child.name = of_table)
          USING by_actor, of_request;
    END LOOP;
END
$$;

-- What depends, in words; for rows that the caller may not see, whose they are and no more.
CREATE FUNCTION said_dependent(c change) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
RETURN CASE WHEN c.id IS NULL THEN format('something was added to it (%s)', replace(c.table_name, '_', ' '))
            WHEN NOT change_seen(c.table_name, c.borough_id, c.team_id)
            THEN coalesce((SELECT b.name FROM borough b WHERE b.id = c.borough_id) || ' keeps something there',
                          'something changed there')
            ELSE format('%s %s %s', coalesce(c.actor_name, 'somebody'),
                        coalesce(said_request(c.actor, c.request_id, c.xid, NULL), 'changed it'),
                        said_when(c.at)) END;

CREATE FUNCTION undo_dependents(by_actor uuid, of_request uuid) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t text;
    found change[] := '{}';
    d change;
    said text[] := '{}';
BEGIN
    FOR t IN SELECT DISTINCT c.table_name FROM change c
              WHERE c.request_id = of_request AND c.actor = by_actor LOOP
        found := found || ARRAY(SELECT s FROM undo_changed_since(by_actor, of_request, t) AS s LIMIT 20)
                       || ARRAY(SELECT r FROM undo_referring(by_actor, of_request, t) AS r LIMIT 20);
    END LOOP;
    -- The oldest first; one that says all that may be said of it, once.
    FOR d IN SELECT * FROM unnest(found) AS f ORDER BY f.id LOOP
        IF said_dependent(d) <> ALL (said) THEN
            said := said || said_dependent(d);
        END IF;
        IF cardinality(said) > 3 THEN
            RETURN array_to_string(said[:3], '; ') || '; and more';
        END IF;
    END LOOP;
    RETURN nullif(array_to_string(said, '; '), '');
END
$$;
COMMENT ON FUNCTION undo_dependents(uuid, uuid) IS 'What was done since that depends on a request, in words; NULL for nothing.';

-- Why a request cannot be taken back whatever depends on it, in a sentence.
CREATE FUNCTION undo_never(by_actor uuid, of_request uuid) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT CASE
        WHEN bool_or(c.op <> 'insert' AND c.old IS NULL)
        THEN 'What it took away was not kept, so it cannot be put back.'
        WHEN bool_or(c.table_name = 'objection' AND c.op = 'insert' OR c.table_name = 'contact' AND c.new ->> 'objected_on' IS NOT NULL)
             AND NOT bool_or(c.table_name = 'employer_merge')
        THEN 'Somebody objected to being contacted, and an objection stays.'
        WHEN bool_or(c.table_name = 'contact_use' AND c.op = 'insert')
        THEN 'Details that were opened have been read, and their borough keeps on record by whom.'
        -- A request is both boroughs'. A job takes a place of whose opening it is. A merge moves what
        -- other teams keep of trials, jobs and agreements, unseen, and taken back moves it again: to
        -- say so would tell of somebody else's client.
        WHEN (bool_or(c.team_id <> team())
              OR bool_or(c.borough_id <> borough() AND c.table_name <> 'contact_request') AND NOT bool_or(c.table_name = 'job'))
             AND NOT bool_or(c.table_name = 'employer_merge')
        THEN 'It was done for another team or borough; ask somebody there.' END
      FROM change c WHERE c.request_id = of_request AND c.actor = by_actor
$$;

CREATE FUNCTION may_undo(by_actor uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT coalesce(by_actor = actor()
                    OR has_role('lead') AND (SELECT s.team_id FROM specialist s WHERE s.id = by_actor) = team(), false)
$$;
COMMENT ON FUNCTION may_undo(uuid) IS 'One''s own requests, and a lead those of the team.';

-- For a list of entries: more than 500 changes are not looked into.
CREATE FUNCTION why_not_undone(by_actor uuid, of_request uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    why text;
BEGIN
    IF of_request IS NULL OR by_actor IS NULL THEN
        RETURN 'Nobody''s request did this.';
    ELSIF NOT may_undo(by_actor) THEN
        RETURN format('Only %s or a lead of the same team can take this back.', coalesce(specialist_name(by_actor), 'they'));
    ELSIF (SELECT count(*) FROM (SELECT FROM change c WHERE c.request_id = of_request AND c.actor = by_actor LIMIT 501) AS x) > 500 THEN
        RETURN NULL;
    END IF;
    SELECT * INTO by_actor, of_request, why FROM undo_target(by_actor, of_request);
    RETURN coalesce(why, undo_never(by_actor, of_request),
                    'Since then ' || undo_dependents(by_actor, of_request) || '.');
END
$$;

-- ---- taking back ----

CREATE FUNCTION change_has(by_actor uuid, of_request uuid, of_table text, of_op change_op) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
RETURN EXISTS (SELECT FROM change c WHERE c.request_id = of_request AND c.actor = by_actor
                  AND c.table_name = of_table AND c.op = of_op);

CREATE FUNCTION undo_rows(by_actor uuid, of_request uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t change_table;
    n bigint;
    done bigint := 0;
    columns text;
    stamps text;
BEGIN
    -- What was made goes, the last made first; but the log of visits only grows.
    FOR t IN SELECT * FROM change_table ct WHERE EXISTS (
                 SELECT FROM change c WHERE c.request_id = of_request AND c.actor = by_actor AND c.table_name = ct.name)
              ORDER BY ct.place DESC LOOP
        IF t.name = 'visit' THEN
            PERFORM undo_visits(ARRAY(SELECT c.row_id FROM change_net(by_actor, of_request, 'visit') c WHERE c.kind = 'created'));
        ELSIF t.name <> 'visit_client' AND change_has(by_actor, of_request, t.name, 'insert') THEN
            EXECUTE format('DELETE FROM %I r USING change_net($1, $2, %L) n
                             WHERE n.kind IN (''created'', ''replaced'') AND %s', t.name, t.name, change_match(t))
              USING by_actor, of_request;
            GET DIAGNOSTICS n = ROW_COUNT;
            done := done + n;
        END IF;
    END LOOP;
    -- What went comes back as it was, and what was changed reads as before.
    FOR t IN SELECT * FROM change_table ct WHERE ct.name <> 'visit_client' AND EXISTS (
                 SELECT FROM change c WHERE c.request_id = of_request AND c.actor = by_actor AND c.table_name = ct.name)
              ORDER BY ct.place LOOP
        SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum),
               coalesce(string_agg(format('%L, %s', a.attname,
                                          CASE a.attname WHEN 'updated_at' THEN 'now()'
                                                         WHEN 'updated_by' THEN 'actor()'
                                                         WHEN 'updated_by_name' THEN 'actor_name()'
                                                         ELSE 'r.version + 1' END), ', ')
                        FILTER (WHERE a.attname IN ('updated_at', 'updated_by', 'updated_by_name', 'version')), '')
          INTO columns, stamps
          FROM pg_attribute a
         WHERE a.attrelid = t.name::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
        IF change_has(by_actor, of_request, t.name, 'delete') THEN
            EXECUTE format('INSERT INTO %1$I (%2$s) SELECT %3$s FROM change_net($1, $2, %1$L) n
                         CROSS JOIN LATERAL jsonb_populate_record(NULL::%1$I, n.old) AS p
                         WHERE n.kind IN (''deleted'', ''replaced'')',
                       t.name, columns, (SELECT string_agg('p.' || x, ', ') FROM regexp_split_to_table(columns, ', ') AS x))
              USING by_actor, of_request;
            GET DIAGNOSTICS n = ROW_COUNT;
            done := done + n;
        END IF;
        CONTINUE WHEN NOT change_has(by_actor, of_request, t.name, 'update');
        EXECUTE format('UPDATE %1$I r SET (%2$s) = (SELECT %3$s FROM jsonb_populate_record(r, n.old - $3 || jsonb_build_object(%4$s)) AS p)
                          FROM change_net($1, $2, %1$L) n WHERE n.kind = ''changed'' AND %5$s',
                       t.name, columns, (SELECT string_agg('p.' || x, ', ') FROM regexp_split_to_table(columns, ', ') AS x),
                       stamps, change_match(t))
          USING by_actor, of_request, change_bookkeeping();
        GET DIAGNOSTICS n = ROW_COUNT;
        done := done + n;
    END LOOP;
    -- Corrections of visits that went back go with them.
    LOOP
        UPDATE visit c SET employer_id = v.employer_id, site_id = v.site_id, contact_id = v.contact_id
          FROM visit v WHERE v.id = c.replaces_id AND c.employer_id <> v.employer_id
           AND v.id IN (SELECT x.row_id FROM change x WHERE x.xid = pg_current_xact_id() AND x.table_name = 'visit' AND x.op = 'update');
        EXIT WHEN NOT FOUND;
    END LOOP;
    -- What follows from other rows.
    UPDATE employer e SET open_sites = s.n
      FROM (SELECT e2.id, (SELECT count(*) FROM site i WHERE i.employer_id = e2.id AND NOT i.closed) AS n
              FROM employer e2
             WHERE e2.id IN (SELECT c.employer_id FROM change c
                              WHERE c.request_id = of_request AND c.actor = by_actor)) AS s
     WHERE e.id = s.id AND e.open_sites <> s.n;
    UPDATE site s SET words = site_words(e.name, e.trading_as, s.name, s.address, s.borough_id, s.postcode)
      FROM employer e
     WHERE e.id = s.employer_id
       AND e.id IN (SELECT c.employer_id FROM change c
                     WHERE c.request_id = of_request AND c.actor = by_actor AND c.table_name IN ('employer', 'site'))
       AND s.words <> site_words(e.name, e.trading_as, s.name, s.address, s.borough_id, s.postcode);
    RETURN done;
END
$$;

-- A request is the caller's last one that changed anything, or the one that is named. Reading somebody's
-- details leaves a trace and changes nothing.
CREATE FUNCTION undo(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET jit = off
AS $$
DECLARE
    wanted uuid;
    doer uuid;
    done_by uuid;
    u undo;
    nothing history_scope;
    why text;
    sentence text;
    n integer;
BEGIN
    IF NOT has_role('specialist', 'lead', 'administrator') THEN
        PERFORM fail('CV007', '', 'Taking back is for specialists, leads and administrators.');
    END IF;
    -- One at a time, and beside no import: what depends on the request is looked for and not added to.
    PERFORM pg_advisory_xact_lock(hashtextextended('canvass.import_employers', 0));
    IF coalesce(request ->> 'undo_id', '') <> '' THEN
        wanted := given_id(request ->> 'undo_id', 'undo_id');
        SELECT c.actor INTO doer FROM (SELECT DISTINCT x.actor FROM change x WHERE x.request_id = wanted) AS c
         WHERE may_undo(c.actor) ORDER BY c.actor = actor() DESC LIMIT 1;
        IF doer IS NULL THEN
            PERFORM fail('CV005', 'undo_id', 'There is no such request of yours or your team''s that changed anything.');
        END IF;
    ELSE
        SELECT c.actor, c.request_id INTO doer, wanted FROM change c
         WHERE c.actor = actor() AND c.request_id IS NOT NULL AND c.table_name <> 'contact_use' ORDER BY c.id DESC LIMIT 1;
        IF doer IS NULL THEN
            PERFORM fail('CV005', '', 'You changed nothing yet that could be taken back.');
        END IF;
    END IF;
    sentence := said_request(doer, wanted, NULL, nothing);
    done_by := doer;
    SELECT * INTO doer, wanted, why FROM undo_target(doer, wanted);
    why := coalesce(why, undo_never(doer, wanted));
    IF why IS NOT NULL THEN
        PERFORM fail('CV009', 'undo_id', '%s', why);
    END IF;
    why := undo_dependents(doer, wanted);
    IF why IS NOT NULL THEN
        PERFORM fail('CV009', 'undo_id', 'This cannot be taken back, because since then %s.', why);
    END IF;
    SELECT * INTO u FROM undo x WHERE x.actor = doer AND x.request_id = wanted;

    SET CONSTRAINTS ALL DEFERRED;
    n := undo_rows(doer, wanted);
    SET CONSTRAINTS ALL IMMEDIATE;
    IF current_request() IS NOT NULL THEN
        INSERT INTO undo (actor, request_id, of_actor, of_request_id, is_again)
            VALUES (actor(), current_request(), coalesce(u.of_actor, doer), coalesce(u.of_request_id, wanted),
                    NOT coalesce(u.is_again, true));
    END IF;
    RETURN jsonb_build_object('undone_id', wanted, 'rows', n,
        'sentence', format('%s %s', coalesce((SELECT s.name FROM specialist s WHERE s.id = done_by), 'Somebody'),
                           coalesce(sentence, 'changed nothing that is shown')));
END
$$;
COMMENT ON FUNCTION undo(jsonb) IS 'UndoRequest -> UndoResponse.';

GRANT EXECUTE ON FUNCTION change_bookkeeping(), said_value(jsonb, text), said_fields(text, jsonb, jsonb),
    said_row(text, uuid, text, jsonb), said_change(text, change_kind, uuid, text, jsonb, jsonb), jsonb_over(jsonb),
    change_kind_of(change_op, change_op), specialist_borough(uuid), in_scope(change, history_scope),
    said_changes(change[]), said_request(uuid, uuid, xid8, history_scope), history_scope_of(jsonb),
    history(jsonb, integer, text), history_fields(change[]), why_not_undone(uuid, uuid), undo(jsonb)
    TO canvass_app;
-- said_changes() asks in which order the tables stand.
CREATE POLICY callers ON change_table FOR SELECT TO canvass_app USING ((SELECT canvass.actor()) IS NOT NULL);
GRANT SELECT ON change_table TO canvass_app;

-- ---- the timeline tells of merges ----

CREATE OR REPLACE FUNCTION timeline(employer uuid, n integer, token text)
RETURNS TABLE (at timestamptz, kind text, borough text, by text, sentence text, subject_id uuid,
               next_page_token text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    key text[] := page_key(token, 3);
BEGIN
    IF NOT has_role('specialist', 'lead')
       OR NOT EXISTS (SELECT FROM employer e WHERE e.id = timeline.employer) THEN
        PERFORM fail('CV005', 'employer_id', 'There is no such employer.');
    END IF;
    RETURN QUERY
    SELECT l.at, l.kind, l.borough, l.by, l.sentence, l.shown_id,
           page_token(l.at::text, l.kind, l.id::text)
      FROM (
        SELECT v.at, 'visit' AS kind, v.id, b.name AS borough, s.name AS by,
               said_visit(jsonb_populate_record(NULL::visit, to_jsonb(v)), s.name, b.name,
                          v.borough_id = borough(), c.ref, occupation_title(v.role_soc))
                   AS sentence,
               CASE WHEN v.borough_id = borough() THEN v.id END AS shown_id
          FROM standing_visit v
          JOIN borough b ON b.id = v.borough_id
          JOIN specialist s ON s.id = v.specialist_id
          LEFT JOIN visit_client x ON x.visit_id = v.id
          LEFT JOIN client c ON c.id = x.client_id AND c.team_id = team()
         WHERE v.employer_id = timeline.employer
        UNION ALL
        SELECT o.created_at, 'opening', o.id, b.name, o.created_by_name,
               format('%s (%s) %s: %s', o.created_by_name, b.name,
                      CASE WHEN o.hidden THEN 'noted a lead' ELSE 'noted an opening' END,
                      o.title), o.id
          FROM opening o JOIN borough b ON b.id = o.borough_id
         WHERE o.employer_id = timeline.employer AND opening_is_seen(o)
        UNION ALL
        SELECT o.closed_at, 'opening', o.id, b.name, NULL,
               format('%s closed: %s', o.title, o.closed_reason), o.id
          FROM opening o JOIN borough b ON b.id = o.borough_id
         WHERE o.employer_id = timeline.employer AND opening_is_seen(o)
           AND o.closed_at IS NOT NULL
        UNION ALL
        SELECT k.created_at, 'contact', k.id, b.name, NULL,
               'Contact added: ' || k.name || coalesce(', ' || k.job, ''), k.id
          FROM contact k JOIN borough b ON b.id = k.borough_id
         WHERE k.employer_id = timeline.employer AND k.borough_id = borough()
           AND k.objected_on IS NULL
        UNION ALL
        SELECT e.created_at, 'created', e.id, NULL, e.created_by_name,
               'Added to the registry by ' || e.created_by_name, e.id
          FROM employer e WHERE e.id = timeline.employer
        UNION ALL
        SELECT m.at, 'merged', m.merged_id, specialist_borough(m.by_id), m.by_name,
               format('%s merged %s into this employer', m.by_name, m.name), m.merged_id
          FROM employer_merge m WHERE m.kept_id = timeline.employer
           ) AS l
     WHERE key IS NULL
        OR (l.at, l.kind, l.id) < (key[1]::timestamptz, key[2], key[3]::uuid)
     ORDER BY l.at DESC, l.kind DESC, l.id DESC
     LIMIT n;
END
$$;

COMMIT;
