-- Deploy canvass:guard to pg

-- The door-knock guard: what stands between a specialist and the fifth knock on one door. An
-- employer's "don't contact us" blocks in every borough, whoever heard it; a cool-off after a visit
-- warns; who plans the same door on the same day is told, and so is who planned first. A block is
-- enforced where rows are written, by one trigger on whatever leads to a contact.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TABLE employer_block (
    id             uuid PRIMARY KEY DEFAULT uuid_v7(),
    employer_id    uuid NOT NULL REFERENCES employer,
    reason         text NOT NULL,
    said_on        date NOT NULL,
    borough_id     text COLLATE "C" NOT NULL REFERENCES borough,
    set_at         timestamptz NOT NULL DEFAULT now(),
    set_by         uuid NOT NULL,
    set_by_name    text NOT NULL,
    lifted_at      timestamptz,
    lifted_by      uuid,
    lifted_by_name text,
    lifted_reason  text,
    CONSTRAINT employer_block_by_borough FOREIGN KEY (set_by, borough_id) REFERENCES specialist (id, borough_id),
    CONSTRAINT employer_block_reason_length CHECK (char_length(reason) BETWEEN 1 AND 300),
    CONSTRAINT employer_block_lifted_reason_length CHECK (char_length(lifted_reason) BETWEEN 1 AND 300),
    CONSTRAINT employer_block_lifted_whole CHECK (num_nulls(lifted_at, lifted_by, lifted_by_name) IN (0, 3)),
    CONSTRAINT employer_block_lifted_why CHECK (lifted_at IS NULL OR lifted_reason IS NOT NULL)
);
CREATE UNIQUE INDEX employer_block_one_stands ON employer_block (employer_id) WHERE lifted_at IS NULL;
COMMENT ON TABLE employer_block IS 'Employers that asked not to be contacted, for every borough.';
COMMENT ON CONSTRAINT employer_block_reason_length ON employer_block IS 'reason: Say in 1 to 300 characters what the employer said; they may read it.';
COMMENT ON CONSTRAINT employer_block_lifted_reason_length ON employer_block IS 'reason: Keep the reason to 300 characters.';
COMMENT ON CONSTRAINT employer_block_lifted_why ON employer_block IS 'reason: Say what changed, like "they rang and asked us back".';
COMMENT ON INDEX employer_block_one_stands IS 'employer_id: A colleague noted this a moment ago; look at it first.';

CREATE FUNCTION employer_blocked_on() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    UPDATE employer e
       SET blocked_on = (SELECT b.said_on FROM employer_block b WHERE b.employer_id = e.id AND b.lifted_at IS NULL)
     WHERE e.id IN (NEW.employer_id, OLD.employer_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER blocked_on AFTER INSERT OR UPDATE OR DELETE ON employer_block
    FOR EACH ROW EXECUTE FUNCTION employer_blocked_on();

CREATE TABLE cool_off (
    id          uuid PRIMARY KEY DEFAULT uuid_v7(),
    -- NULL: every employer that has none of its own.
    employer_id uuid REFERENCES employer,
    days        integer NOT NULL,
    from_on     date NOT NULL,
    -- The last day; NULL: without end.
    until_on    date,
    reason      text,
    borough_id  text COLLATE "C" REFERENCES borough,
    set_at      timestamptz NOT NULL DEFAULT now(),
    set_by      uuid,
    set_by_name text NOT NULL,
    CONSTRAINT cool_off_days_range CHECK (days BETWEEN 0 AND 366),
    CONSTRAINT cool_off_order CHECK (until_on >= from_on),
    CONSTRAINT cool_off_reason_length CHECK (char_length(reason) BETWEEN 1 AND 300)
);
CREATE INDEX cool_off_employer ON cool_off (employer_id, set_at DESC);
COMMENT ON TABLE cool_off IS 'How many days an employer is left in peace after a visit; the newest row in effect holds. It warns, it does not block.';
COMMENT ON CONSTRAINT cool_off_days_range ON cool_off IS 'days: A cool-off has 0 to 366 days; 0: no warning here.';
COMMENT ON CONSTRAINT cool_off_order ON cool_off IS 'until_on: The last day comes after the first.';
COMMENT ON CONSTRAINT cool_off_reason_length ON cool_off IS 'reason: Keep the reason to 300 characters.';
INSERT INTO cool_off (days, from_on, set_by_name) VALUES (14, '2026-01-01', 'default');

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['employer_block', 'cool_off'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
        EXECUTE format('CREATE POLICY network ON %I FOR SELECT TO canvass_app
                            USING ((SELECT canvass.actor()) IS NOT NULL)', t);
    END LOOP;
END
$$;
CREATE POLICY add ON employer_block FOR INSERT TO canvass_app
    WITH CHECK (borough_id = (SELECT canvass.borough()) AND set_by = (SELECT canvass.actor())
                AND lifted_at IS NULL AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY lift ON employer_block FOR UPDATE TO canvass_app
    USING (borough_id = (SELECT canvass.borough()) AND lifted_at IS NULL
           AND (SELECT canvass.has_role('specialist', 'lead')) AND canvass.leads_relationship(employer_id))
    WITH CHECK (borough_id = (SELECT canvass.borough()) AND lifted_by = (SELECT canvass.actor()));
CREATE POLICY add ON cool_off FOR INSERT TO canvass_app
    WITH CHECK (borough_id = (SELECT canvass.borough()) AND set_by = (SELECT canvass.actor())
                AND employer_id IS NOT NULL
                AND (SELECT canvass.has_role('specialist', 'lead')) AND canvass.leads_relationship(employer_id));
GRANT SELECT, INSERT ON employer_block, cool_off TO canvass_app;
GRANT UPDATE (lifted_at, lifted_by, lifted_by_name, lifted_reason) ON employer_block TO canvass_app;

-- ---- the block ----

CREATE FUNCTION block_json(b employer_block) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'employer_id', b.employer_id, 'reason', b.reason, 'said_on', b.said_on,
        'borough', (SELECT o.name FROM borough o WHERE o.id = b.borough_id),
        'by', b.set_by_name, 'at', b.set_at, 'lifted_at', b.lifted_at,
        'lifted_by', b.lifted_by_name, 'lifted_reason', b.lifted_reason));
END
$$;
COMMENT ON FUNCTION block_json(employer_block) IS 'A block as message canvass.v1.EmployerBlock.';

-- As the owner: a trigger asks it, whoever writes.
CREATE FUNCTION said_block(employer uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT format('%s asked on %s not to be contacted by anybody: %s (noted by %s, %s)',
                          e.name, said_date(b.said_on), b.reason, b.set_by_name, o.name)
              FROM employer_block b
              JOIN employer e ON e.id = b.employer_id
              JOIN borough o ON o.id = b.borough_id
             WHERE b.employer_id = said_block.employer AND b.lifted_at IS NULL AND actor() IS NOT NULL);
END
$$;
COMMENT ON FUNCTION said_block(uuid) IS 'An employer''s "don''t contact us" in a sentence; NULL where there is none.';

CREATE FUNCTION check_not_blocked(employer uuid, field text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    said text := said_block(employer);
BEGIN
    IF said IS NOT NULL THEN
        PERFORM fail('CV009', field, '%s', said || '.');
    END IF;
END
$$;

CREATE FUNCTION employer_not_blocked() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM check_not_blocked(NEW.employer_id, TG_ARGV[0]);
    RETURN NEW;
END
$$;
CREATE TRIGGER not_blocked BEFORE INSERT ON plan FOR EACH ROW EXECUTE FUNCTION employer_not_blocked('plan.employer_id');
CREATE TRIGGER not_blocked BEFORE INSERT ON contact_use FOR EACH ROW EXECUTE FUNCTION employer_not_blocked('contact_id');
CREATE TRIGGER not_blocked BEFORE INSERT ON contact_share FOR EACH ROW EXECUTE FUNCTION employer_not_blocked('contact_id');
CREATE TRIGGER not_blocked BEFORE INSERT ON contact_request FOR EACH ROW EXECUTE FUNCTION employer_not_blocked('employer_id');

CREATE FUNCTION block_employer(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_employer uuid := employer_of(request ->> 'employer_id', 'employer_id');
    day date := coalesce((request ->> 'said_on')::date, london_today());
    made employer_block;
BEGIN
    IF day > london_today() THEN
        PERFORM fail('CV003', 'said_on', 'Nobody asked in the future; give the day when they did.');
    END IF;
    IF said_block(of_employer) IS NOT NULL THEN
        PERFORM fail('CV009', 'employer_id', 'This is noted already: %s.', said_block(of_employer));
    END IF;
    INSERT INTO employer_block (employer_id, reason, said_on, borough_id, set_by, set_by_name)
        VALUES (of_employer, coalesce(text_without_client(request ->> 'reason', 'reason'), ''), day,
                borough(), actor(), actor_name())
        RETURNING * INTO made;
    RETURN block_json(made);
END
$$;
COMMENT ON FUNCTION block_employer(jsonb) IS 'EmployerService/BlockEmployer: the block.';

-- A borough takes back what it heard itself: whoever leads there, or a lead of it.
CREATE FUNCTION unblock_employer(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_employer uuid := employer_of(request ->> 'employer_id', 'employer_id');
    b employer_block;
BEGIN
    SELECT * INTO b FROM employer_block x WHERE x.employer_id = of_employer AND x.lifted_at IS NULL;
    IF b.id IS NULL THEN
        PERFORM fail('CV009', 'employer_id', 'This employer may be contacted; there is nothing to lift.');
    END IF;
    UPDATE employer_block x
       SET lifted_at = now(), lifted_by = actor(), lifted_by_name = actor_name(),
           lifted_reason = text_without_client(request ->> 'reason', 'reason')
     WHERE x.id = b.id AND x.lifted_at IS NULL
    RETURNING x.* INTO b;
    IF NOT FOUND THEN
        PERFORM fail('CV007', 'employer_id', '%s noted this for %s; only who leads with this employer there, or a lead of that borough, lifts it.',
                     x.set_by_name, o.name)
           FROM employer_block x JOIN borough o ON o.id = x.borough_id
          WHERE x.employer_id = of_employer AND x.lifted_at IS NULL;
        PERFORM fail('CV009', 'employer_id', 'A colleague lifted this a moment ago.');
    END IF;
    RETURN block_json(b);
END
$$;
COMMENT ON FUNCTION unblock_employer(jsonb) IS 'EmployerService/UnblockEmployer: the block that was lifted.';

-- ---- the cool-off ----

CREATE FUNCTION cool_off_on(employer uuid, day date) RETURNS cool_off
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT c FROM cool_off c
             WHERE (c.employer_id = cool_off_on.employer OR c.employer_id IS NULL)
               AND cool_off_on.day BETWEEN c.from_on AND coalesce(c.until_on, 'infinity')
             ORDER BY c.employer_id IS NULL, c.set_at DESC, c.id DESC
             LIMIT 1);
END
$$;
COMMENT ON FUNCTION cool_off_on(uuid, date) IS 'The cool-off of an employer on a day: its own, or the default.';

CREATE FUNCTION set_cool_off(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_employer uuid := employer_of(request ->> 'employer_id', 'employer_id');
    made cool_off;
BEGIN
    IF NOT leads_relationship(of_employer) THEN
        PERFORM fail('CV007', 'employer_id', 'This is for who leads with this employer, or a lead of your borough.');
    END IF;
    INSERT INTO cool_off (employer_id, days, from_on, until_on, reason, borough_id, set_by, set_by_name)
        VALUES (of_employer, coalesce((request ->> 'days')::integer, 0),
                coalesce((request ->> 'from_on')::date, london_today()), (request ->> 'until_on')::date,
                text_without_client(request ->> 'reason', 'reason'), borough(), actor(), actor_name())
        RETURNING * INTO made;
    RETURN jsonb_strip_nulls(to_jsonb(made) - ARRAY['id', 'borough_id', 'set_at', 'set_by', 'set_by_name']
                             || jsonb_build_object('by', made.set_by_name));
END
$$;
COMMENT ON FUNCTION set_cool_off(jsonb) IS 'EmployerService/SetCoolOff: the cool-off.';

-- ---- who was there, who leads, who plans to go ----

-- As it was, and whom they spoke to (by job: names are their borough's), in what capacity, and all
-- of it in a sentence.
CREATE OR REPLACE FUNCTION others_lately(employer uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(o.line ORDER BY o.at DESC, o.id DESC), '[]')
              FROM (SELECT v.at, v.id, jsonb_strip_nulls(jsonb_build_object(
                               'at', v.at, 'by', s.name, 'borough', b.name, 'mode', v.mode,
                               'stance', v.stance, 'for_client', NOT v.generic, 'spoke_to', m.job,
                               'sentence', said_visit(jsonb_populate_record(NULL::visit, to_jsonb(v)),
                                                      s.name, b.name, false, NULL, NULL)
                                           || coalesce(', spoke to the ' || m.job, ''))) AS line
                      FROM standing_visit v
                      JOIN specialist s ON s.id = v.specialist_id
                      JOIN borough b ON b.id = v.borough_id
                      LEFT JOIN contact c ON c.id = v.contact_id
                      CROSS JOIN LATERAL (SELECT coalesce(c.job, CASE WHEN v.met_hires THEN 'person who hires' END) AS job) AS m
                     WHERE v.employer_id = employer AND v.specialist_id <> actor()
                       AND v.at > now() - interval '28 days'
                       AND has_role('specialist', 'lead')
                     ORDER BY v.at DESC, v.id DESC
                     LIMIT 5) AS o);
END
$$;

-- Other people's open plans for a door, from one day to another. A site that is not said is any.
CREATE FUNCTION others_planned(employer uuid, site uuid, first_day date, last_day date)
RETURNS TABLE (at timestamptz, by_name text, borough text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT p.at, s.name, b.name
          FROM plan p
          JOIN specialist s ON s.id = p.specialist_id
          JOIN borough b ON b.id = p.borough_id
         WHERE p.employer_id = others_planned.employer AND p.specialist_id <> actor()
           AND coalesce(p.site_id = others_planned.site, true)
           AND p.cancelled_at IS NULL AND p.visit_id IS NULL
           AND p.at >= london_midnight(first_day) AND p.at < london_midnight(last_day + 1)
           AND has_role('specialist', 'lead')
         ORDER BY p.at, p.id;
END
$$;
COMMENT ON FUNCTION others_planned(uuid, uuid, date, date) IS
    'Who else of the network plans to be at a door: name, borough and time, nothing else of the plan.';

CREATE INDEX plan_door ON plan (employer_id, at) WHERE cancelled_at IS NULL AND visit_id IS NULL;

CREATE FUNCTION said_plan(by_name text, borough text, at timestamptz) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT format('%s (%s) plans to be there %s%s', by_name, borough, said_day(london_day(at), london_today()),
                  CASE WHEN is_whole_day(at) THEN '' ELSE to_char(at AT TIME ZONE 'Europe/London', '" at "HH24:MI') END)
$$;

-- What the guard has to say of a door on a day: worst first.
CREATE FUNCTION door_warnings(employer uuid, site uuid, day date) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    said text := said_block(employer);
    c cool_off := cool_off_on(employer, day);
    seen record;
    warnings text[];
BEGIN
    IF NOT has_role('specialist', 'lead') THEN
        RETURN '{}';
    END IF;
    warnings := CASE WHEN said IS NULL THEN '{}' ELSE ARRAY[said || '.'] END
        || ARRAY(SELECT said_plan(p.by_name, p.borough, p.at) || ', too: agree who goes.'
                   FROM others_planned(employer, site, day, day) AS p);
    SELECT s.name, b.name AS borough, london_day(v.at) AS day INTO seen
      FROM standing_visit v JOIN specialist s ON s.id = v.specialist_id JOIN borough b ON b.id = v.borough_id
     WHERE v.employer_id = door_warnings.employer AND v.specialist_id <> actor()
       AND v.at >= london_midnight(door_warnings.day - c.days) AND v.at < london_midnight(door_warnings.day + 1)
     ORDER BY v.at DESC, v.id DESC LIMIT 1;
    IF FOUND AND c.days > 0 AND seen.day + c.days > day THEN
        warnings := warnings || format('%s (%s) was in touch %s; leave this employer %s in peace%s, until %s.',
            seen.name, seen.borough, said_day(seen.day, london_today()), said_days(c.days),
            coalesce(' (' || c.reason || ')', ''), said_date(seen.day + c.days));
    END IF;
    RETURN warnings;
END
$$;
COMMENT ON FUNCTION door_warnings(uuid, uuid, date) IS
    'Sentences about going to a door on a day: blocked, planned by others, too soon after the last visit.';

-- A day, or none for what is known now and planned in the next two weeks.
CREATE FUNCTION door_json(employer uuid, site uuid, day date) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'leads', (SELECT jsonb_agg(jsonb_build_object('borough', l.borough, 'lead', l.lead)) FROM leads_of(employer) AS l),
        'planned', (SELECT jsonb_agg(jsonb_build_object('at', p.at, 'by', p.by_name, 'borough', p.borough,
                                                        'whole_day', is_whole_day(p.at)))
                      FROM others_planned(employer, site, coalesce(day, london_today()),
                                          coalesce(day, london_today() + 14)) AS p),
        'cool_off_days', (cool_off_on(employer, coalesce(day, london_today()))).days,
        'block', (SELECT block_json(b) FROM employer_block b WHERE b.employer_id = door_json.employer AND b.lifted_at IS NULL),
        'warnings', to_jsonb(door_warnings(employer, site, coalesce(day, london_today())))));
END
$$;
COMMENT ON FUNCTION door_json(uuid, uuid, date) IS 'What the network knows of a door, as message canvass.v1.Door.';

-- ---- the guard in the answers ----

-- Two who plan the same door for the same day at the same time wait for each other here, after
-- writing: whoever comes second sees the first.
CREATE FUNCTION plan_visit_guarded(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    answer jsonb := plan_visit(request);
    p plan := jsonb_populate_record(NULL::plan, answer -> 'plan');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(format('door %s %s', p.employer_id, london_day(p.at)), 0));
    RETURN answer || jsonb_build_object('door', door_json(p.employer_id, p.site_id, london_day(p.at)));
END
$$;
COMMENT ON FUNCTION plan_visit_guarded(jsonb) IS 'VisitService/PlanVisit: the whole response, with what the guard says.';

-- What happened is recorded, whatever the guard says of it.
CREATE FUNCTION record_visit_guarded(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    answer jsonb := record_visit(request);
    said text := said_block((answer #>> '{visit,employer_id}')::uuid);
BEGIN
    RETURN CASE WHEN said IS NULL THEN answer
                ELSE answer || jsonb_build_object('warnings', jsonb_build_array(said || '.')) END;
END
$$;
COMMENT ON FUNCTION record_visit_guarded(jsonb) IS 'VisitService/RecordVisit: the whole response, with a warning where the employer is blocked.';

CREATE FUNCTION open_contact_guarded(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    answer jsonb := open_contact(request);
    of_employer uuid := (SELECT k.employer_id FROM known_contacts(NULL, (request ->> 'contact_id')::uuid) AS k);
BEGIN
    PERFORM check_not_blocked(of_employer, 'contact_id');
    RETURN answer || jsonb_build_object('others', others_lately(of_employer), 'door', door_json(of_employer, NULL, NULL));
END
$$;
COMMENT ON FUNCTION open_contact_guarded(jsonb) IS 'ShareService/OpenContact: the whole response, with what the guard says.';

CREATE FUNCTION check_door(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_employer uuid := employer_of(request ->> 'employer_id', 'employer_id');
    site uuid := CASE WHEN tidy(request ->> 'site_id') IS NOT NULL
                      THEN site_of(request ->> 'site_id', of_employer, 'site_id') END;
BEGIN
    RETURN jsonb_build_object('others', others_lately(of_employer),
                              'door', door_json(of_employer, site, london_day((request ->> 'at')::timestamptz)));
END
$$;
COMMENT ON FUNCTION check_door(jsonb) IS 'VisitService/CheckDoor: the whole response.';

-- ---- who plans the same ----

-- Who else goes where the caller plans to go, on the same day, for two weeks ahead.
CREATE FUNCTION clashes_of_mine(first_day date)
RETURNS TABLE (plan_id uuid, employer_id uuid, site_id uuid, at timestamptz, sentence text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT p.id, p.employer_id, p.site_id, p.at, said_plan(o.by_name, o.borough, o.at) || ', too: agree who goes'
          FROM plan p
         CROSS JOIN LATERAL others_planned(p.employer_id, p.site_id, london_day(p.at), london_day(p.at)) AS o
         WHERE p.specialist_id = actor() AND p.cancelled_at IS NULL AND p.visit_id IS NULL
           AND p.at >= london_midnight(first_day) AND p.at < london_midnight(first_day + 15);
END
$$;

-- ---- nobody is sent where nobody is welcome ----

CREATE OR REPLACE FUNCTION opening_to_match(given uuid) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    o opening;
BEGIN
    SELECT * INTO o FROM opening WHERE id = opening_to_match.given;
    IF o.id IS NULL THEN
        PERFORM fail('CV005', 'opening_id', 'There is no such opening.');
    ELSIF o.closed_at IS NOT NULL THEN
        PERFORM fail('CV009', 'opening_id', 'This opening was closed %s.', said_when(o.closed_at));
    ELSIF o.closes_on < london_today() THEN
        PERFORM fail('CV009', 'opening_id',
            'This opening''s closing date was %s. Give it a later one if the employer still looks.',
            said_date(o.closes_on));
    END IF;
    PERFORM check_not_blocked(o.employer_id, 'opening_id');
    RETURN o.id;
END
$$;

-- ---- an objection finds who is kept under another name or number ----

CREATE FUNCTION contact_still_objects() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
DECLARE
    since date := objected_on(NEW.employer_id, person_hashes(NEW.name, NEW.phone, NEW.email));
BEGIN
    IF since IS NOT NULL THEN
        PERFORM fail('CV009', 'contact', 'This person objected on %s; nobody may keep or contact them.', said_date(since));
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER still_objects BEFORE UPDATE OF name, phone, email ON contact
    FOR EACH ROW WHEN (NEW.objected_on IS NULL
                       AND (NEW.name, NEW.phone, NEW.email) IS DISTINCT FROM (OLD.name, OLD.phone, OLD.email))
    EXECUTE FUNCTION contact_still_objects();

GRANT EXECUTE ON FUNCTION block_json(employer_block), said_block(uuid), check_not_blocked(uuid, text),
    employer_not_blocked(), block_employer(jsonb), unblock_employer(jsonb), cool_off_on(uuid, date),
    set_cool_off(jsonb), others_planned(uuid, uuid, date, date), said_plan(text, text, timestamptz),
    door_warnings(uuid, uuid, date), door_json(uuid, uuid, date), plan_visit_guarded(jsonb),
    record_visit_guarded(jsonb), open_contact_guarded(jsonb), check_door(jsonb), clashes_of_mine(date),
    contact_still_objects() TO canvass_app;

COMMIT;
