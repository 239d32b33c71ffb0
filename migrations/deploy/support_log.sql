-- Deploy canvass:support_log to pg

-- Recording support, and what is due next. An employer is spoken to about a client only where the two
-- agreed that somebody may call. Nothing that was recorded changes.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE FUNCTION support_json(s support) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', s.id, 'client_id', saw_client(s.client_id), 'client_ref', c.ref, 'job_id', s.job_id, 'trial_id', s.trial_id,
            'title', coalesce(j.title, t.title), 'employer_id', e.id, 'employer', e.name, 'given_to', s.given_to,
            'at', s.at, 'mode', s.mode, 'about', s.about, 'specialist_id', s.specialist_id,
            'specialist', specialist_name(s.specialist_id), 'recorded_at', s.recorded_at))
          FROM client c
          LEFT JOIN job j ON j.id = s.job_id
          LEFT JOIN trial t ON t.id = s.trial_id
          LEFT JOIN employer e ON e.id = coalesce(j.employer_id, t.employer_id)
         WHERE c.id = s.client_id);
END
$$;
COMMENT ON FUNCTION support_json(support) IS 'A contact of support as message canvass.v1.Support; that its client was shown is noted.';

-- What the client agreed to is asked before it is said.
CREATE FUNCTION check_may_call(c client, employer uuid, field text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM standing_disclosure d
                    WHERE d.client_id = c.id AND d.employer_id = employer AND d.level >= 'may_call') THEN
        PERFORM fail('CV009', field, '%s has not agreed that you may call %s. Ask %s first and note what they agree to; until then support goes to the client alone.',
                     c.ref, (SELECT e.name FROM employer e WHERE e.id = employer), c.ref);
    END IF;
END
$$;
COMMENT ON FUNCTION check_may_call(client, uuid, text) IS 'CV009 where the client did not agree that this employer is called.';

-- The job or trial that support was about; unnamed, the only job that the client held on that day.
CREATE FUNCTION support_for(s support, m jsonb, c client) RETURNS support
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_client uuid;
    day date := london_day(s.at);
BEGIN
    IF tidy(m ->> 'job_id') IS NOT NULL THEN
        SELECT j.id, j.client_id INTO s.job_id, of_client FROM job j WHERE j.id = given_id(m ->> 'job_id', 'support.job_id');
        IF of_client IS NULL THEN
            PERFORM fail('CV005', 'support.job_id', 'Your team has no such job.');
        ELSIF of_client <> c.id THEN
            PERFORM fail('CV003', 'support.job_id', 'This job is another client''s, not that of %s.', c.ref);
        END IF;
    END IF;
    IF tidy(m ->> 'trial_id') IS NOT NULL THEN
        SELECT t.id, t.client_id INTO s.trial_id, of_client FROM trial t WHERE t.id = given_id(m ->> 'trial_id', 'support.trial_id');
        IF of_client IS NULL THEN
            PERFORM fail('CV005', 'support.trial_id', 'Your team has no such trial.');
        ELSIF of_client <> c.id THEN
            PERFORM fail('CV003', 'support.trial_id', 'This trial is another client''s, not that of %s.', c.ref);
        END IF;
    END IF;
    IF num_nonnulls(s.job_id, s.trial_id) = 0 THEN
        SELECT min(j.id::text)::uuid INTO s.job_id FROM job j
         WHERE j.client_id = c.id AND coalesce(j.ends_on, 'infinity') >= day
        HAVING count(*) = 1;
    END IF;
    RETURN s;
END
$$;

CREATE FUNCTION add_support(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'support', '{}');
    c client := client_of(m ->> 'client_id', m ->> 'client_ref', 'support.client_id', 'support.client_ref');
    s support;
    employer uuid;
    warnings text[];
BEGIN
    s.id := chosen_id(m ->> 'id', 'support.id');
    s.at := coalesce((m ->> 'at')::timestamptz, now());
    s.given_to := (m ->> 'given_to')::support_to;
    s.about := tidy(m ->> 'about');
    IF s.given_to IS NULL THEN
        PERFORM fail('CV003', 'support.given_to', 'Say who was supported: the client or the employer.');
    ELSIF s.at > now() + interval '5 minutes' THEN
        PERFORM fail('CV003', 'support.at', 'This lies in the future: record support when it has been given.');
    ELSIF s.at < now() - interval '400 days' THEN
        PERFORM fail('CV003', 'support.at', '%s is more than 400 days ago.', said_date(london_day(s.at)));
    ELSIF s.at >= c.discharged_at THEN
        PERFORM fail('CV009', 'support.client_id', '%s was discharged %s; support ended then.', c.ref, said_when(c.discharged_at));
    END IF;
    s := support_for(s, m, c);
    employer := coalesce((SELECT j.employer_id FROM job j WHERE j.id = s.job_id),
                         (SELECT t.employer_id FROM trial t WHERE t.id = s.trial_id));
    IF s.given_to = 'employer' AND employer IS NOT NULL THEN
        PERFORM check_may_call(c, employer, 'support.given_to');
        warnings := array_append(warnings, said_block(employer) || '.');
    END IF;
    INSERT INTO support (id, borough_id, team_id, client_id, job_id, trial_id, given_to, at, mode, about, specialist_id)
        VALUES (s.id, borough(), c.team_id, c.id, s.job_id, s.trial_id, s.given_to, s.at,
            coalesce((m ->> 'mode')::visit_mode, 'in_person'), s.about, actor())
        RETURNING * INTO s;
    RETURN jsonb_build_object(
        'support', support_json(s),
        'warnings', to_jsonb(array_remove(warnings, NULL) || text_warnings(s.about)),
        'next', (SELECT support_due_json(j, s.given_to, n.due_on, n.sentence)
                   FROM job j CROSS JOIN LATERAL support_next(j, s.given_to, london_today()) AS n
                  WHERE j.client_id = c.id AND c.status <> 'discharged' AND n.due_on IS NOT NULL
                    AND (s.given_to = 'client' OR j.id = s.job_id)
                  ORDER BY n.due_on, j.id LIMIT 1));
END
$$;
COMMENT ON FUNCTION add_support(jsonb) IS 'SupportService/AddSupport: the whole response.';

CREATE FUNCTION list_support_due(team boolean, ahead integer) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF ahead NOT BETWEEN 0 AND 60 THEN
        PERFORM fail('CV003', 'ahead_days', 'Look 0 to 60 days ahead.');
    END IF;
    RETURN QUERY
    SELECT support_due_json(j, d.given_to, d.due_on, d.sentence)
      FROM support_due_of(CASE WHEN NOT team THEN actor() END, london_today(), ahead) WITH ORDINALITY AS d
      JOIN job j ON j.id = d.job_id
     ORDER BY d.ordinality;
END
$$;
COMMENT ON FUNCTION list_support_due(boolean, integer) IS 'SupportService/ListSupportDue: what is due, soonest first.';

GRANT EXECUTE ON FUNCTION support_json(support), check_may_call(client, uuid, text), support_for(support, jsonb, client),
    add_support(jsonb), list_support_due(boolean, integer) TO canvass_app;

COMMIT;
