-- Deploy canvass:calendar to pg

-- The diary as a calendar. What leaves for a phone tells nobody anything: the employer's name, "visit",
-- "appointment" or "call", and the address; never a client, a reason or an id of either. An address
-- of a calendar holds a secret, which is a token that may call one method and no other.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- ---- events ----

CREATE TYPE calendar_kind AS ENUM ('visit', 'trial', 'support', 'pay', 'reask', 'review');

CREATE INDEX plan_diary ON plan (specialist_id, at);

-- Ids do not leave, not even of rows: what a phone keeps leads back to none of them.
CREATE FUNCTION calendar_uid(kind calendar_kind, subject text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN encode(substr(sha256(convert_to('calendar ' || kind || ' ' || subject, 'UTF8')), 1, 16), 'hex')::uuid;

CREATE FUNCTION calendar_place(site uuid) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT nullif(array_to_string(s.address || s.postcode, ', '), '') FROM site s WHERE s.id = site);
END
$$;

-- A visit is given an hour. What has no time has its days, the last one included. What was cancelled
-- is told for 60 days, so that a phone which had it drops it.
CREATE FUNCTION calendar_events(from_on date, until_on date)
RETURNS TABLE (uid uuid, kind calendar_kind, title text, location text, at timestamptz, ends_at timestamptz,
               first_on date, last_on date, cancelled boolean, modified_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    today date := london_today();
    dropped timestamptz := now() - interval '60 days';
    first_day date := coalesce(from_on, today - 60);
    last_day date := coalesce(until_on, first_day + 460);
BEGIN
    IF last_day - first_day NOT BETWEEN 0 AND 800 THEN
        PERFORM fail('CV003', 'until', 'Ask for 1 to 800 days, the last one not before the first.');
    ELSIF first_day NOT BETWEEN '2000-01-01' AND '2199-12-31' THEN
        PERFORM fail('CV003', 'from', 'Give a day of this century.');
    END IF;
    RETURN QUERY
    WITH event AS (
        SELECT 'visit'::calendar_kind AS kind, p.id::text AS subject, 'Visit' AS word, p.employer_id, p.site_id, true AS has_door,
               CASE WHEN NOT is_whole_day(p.at) THEN p.at END AS at, london_day(p.at) AS first_on, london_day(p.at) AS last_on,
               p.cancelled_at IS NOT NULL AS cancelled, coalesce(p.cancelled_at, p.created_at) AS modified_at
          FROM plan p
         WHERE p.specialist_id = actor() AND p.at >= london_midnight(first_day) AND p.at < london_midnight(last_day + 1)
           AND coalesce(p.cancelled_at, now()) > dropped
        UNION ALL
        SELECT 'trial', t.id::text, 'Appointment', t.employer_id, t.site_id, true, NULL, t.starts_on,
               CASE WHEN t.status = 'ended_early' THEN greatest(t.starts_on, least(t.ends_on, london_day(t.ended_at))) ELSE t.ends_on END,
               t.status = 'cancelled', t.updated_at
          FROM trial t
          JOIN client c ON c.id = t.client_id
         WHERE t.team_id = team() AND t.status <> 'proposed' AND coalesce(c.specialist_id, t.specialist_id) = actor()
           AND t.starts_on <= last_day AND t.ends_on >= first_day AND (t.status <> 'cancelled' OR t.ended_at > dropped)
           -- Nobody knew of a proposal.
           AND (t.status <> 'cancelled' OR t.agreed_at IS NOT NULL)
        UNION ALL
        -- No door: a client's place of work is nobody's to turn up at on the client's account.
        SELECT 'support', s.job_id::text || ' ' || s.given_to, 'Call', s.employer_id, s.site_id, s.given_to = 'employer', NULL,
               s.due_on, s.due_on, false,
               greatest(j.updated_at, (SELECT max(u.recorded_at) FROM support u WHERE u.client_id = s.client_id))
          FROM support_due_of(actor(), today, greatest(last_day - today, 0)) AS s
          JOIN job j ON j.id = s.job_id
         WHERE s.due_on BETWEEN first_day AND last_day
        UNION ALL
        SELECT 'pay', p.job_id::text, 'Reminder', p.employer_id, NULL, false, NULL, p.pay_on, p.pay_on, false, j.updated_at
          FROM first_pay_days_on(greatest(first_day, today), greatest(last_day - greatest(first_day, today), 0)) AS p
          JOIN job j ON j.id = p.job_id
         WHERE p.pay_on <= last_day
        UNION ALL
        SELECT r.kind, c.id::text || r.part, 'Reminder', NULL, NULL, false, NULL, r.on_day, r.on_day, false, c.updated_at
          FROM client c
          LEFT JOIN client_constraints k ON k.client_id = c.id
         CROSS JOIN LATERAL (VALUES ('reask'::calendar_kind, '', c.paused_until),
                                    ('review', ' driving', CASE WHEN c.status = 'active' THEN k.driving_review_on END),
                                    ('review', ' check', CASE WHEN c.status = 'active' THEN k.check_changes_on END))
               AS r (kind, part, on_day)
         WHERE c.team_id = team() AND coalesce(c.specialist_id, actor()) = actor() AND r.on_day BETWEEN first_day AND last_day
    )
    SELECT calendar_uid(v.kind, v.subject), v.kind, v.word || coalesce(': ' || e.name, ''),
           CASE WHEN v.has_door THEN calendar_place(coalesce(v.site_id, site_of(NULL, v.employer_id, ''))) END,
           v.at, v.at + interval '1 hour', CASE WHEN v.at IS NULL THEN v.first_on END, CASE WHEN v.at IS NULL THEN v.last_on END,
           v.cancelled, date_trunc('second', v.modified_at)
      FROM event v
      LEFT JOIN employer e ON e.id = v.employer_id
     ORDER BY coalesce(v.at, london_midnight(v.first_on)), e.name_key, v.subject;
END
$$;
COMMENT ON FUNCTION calendar_events(date, date) IS
    'CalendarService/ListEvents: the caller''s diary from one day to another, in neutral words.';

-- ---- addresses ----

CREATE FUNCTION calendar_method() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'canvass.v1.CalendarService/ListEvents';
COMMENT ON FUNCTION calendar_method() IS 'What the secret of a calendar''s address may call.';

CREATE FUNCTION feed_json(feed uuid) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN token_json(feed) - ARRAY['specialist_id', 'last_used'];
COMMENT ON FUNCTION feed_json(uuid) IS 'A token for the calendar as message canvass.v1.Feed.';

CREATE FUNCTION create_feed(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    made uuid := uuid_v7();
    days integer := coalesce(nullif((request ->> 'days')::integer, 0), 400);
    -- As issue_token() makes them, with a beginning of its own: neither can be used as the other.
    secret text := 'cvf_' || translate(encode(gen_random_bytes(32), 'base64'), '+/=', '-_');
BEGIN
    IF days NOT BETWEEN 1 AND 400 THEN
        PERFORM fail('CV003', 'days', 'An address lasts 1 to 400 days.');
    ELSIF (SELECT count(*) FROM token t WHERE t.specialist_id = actor() AND t.method = calendar_method()
              AND t.revoked_at IS NULL AND t.expires_at > now()) >= 10 THEN
        PERFORM fail('CV009', '', 'You have ten addresses already; revoke one that you no longer use.');
    END IF;
    INSERT INTO token (id, hash, specialist_id, label, method, created_by, expires_at)
        VALUES (made, sha256(convert_to(secret, 'UTF8')), actor(), coalesce(tidy(request ->> 'label'), 'calendar'),
                calendar_method(), actor(), now() + make_interval(days => days));
    RETURN jsonb_build_object('feed', feed_json(made), 'path', '/calendar/' || secret || '.ics');
END
$$;
COMMENT ON FUNCTION create_feed(jsonb) IS
    'CreateFeedRequest -> CreateFeedResponse, with the secret in it: its answer is not kept.';

CREATE FUNCTION revoke_feed(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    wanted uuid := given_id(request ->> 'feed_id', 'feed_id');
BEGIN
    -- Revoked twice, it keeps the first moment.
    UPDATE token t SET revoked_at = coalesce(t.revoked_at, now())
     WHERE t.id = wanted AND t.specialist_id = actor() AND t.method = calendar_method();
    IF NOT FOUND THEN
        PERFORM fail('CV005', 'feed_id', 'You have no such address.');
    END IF;
    RETURN feed_json(wanted);
END
$$;
COMMENT ON FUNCTION revoke_feed(jsonb) IS 'RevokeFeedRequest: the address that gives nothing any more.';

INSERT INTO audit_method (prefix, kind) VALUES ('canvass.v1.CalendarService/', 'account');

GRANT EXECUTE ON FUNCTION calendar_uid(calendar_kind, text), calendar_place(uuid), calendar_events(date, date),
    calendar_method(), feed_json(uuid), create_feed(jsonb), revoke_feed(jsonb) TO canvass_app;

COMMIT;
