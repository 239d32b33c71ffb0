-- Deploy canvass:timeline to pg

-- What happened at an employer, for every borough to read. It runs as the owner, so every line of
-- it is written for two readers: the own borough, and the others, to whom a visit is "visited for
-- a client" and no more.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- own: the reader is of the visit's borough. ref: only for the reader of the client's team.
CREATE FUNCTION said_visit(v visit, by_name text, borough_name text, own boolean, ref text,
                           role_title text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = canvass, pg_temp
RETURN format('%s (%s) %s', by_name, borough_name,
           CASE v.mode WHEN 'in_person' THEN 'visited' WHEN 'phone' THEN 'telephoned'
                       WHEN 'email' THEN 'wrote' WHEN 'video' THEN 'met by video' END)
       || CASE WHEN NOT v.generic THEN ' for ' || coalesce(ref, 'a client') ELSE '' END
       || CASE WHEN own THEN
              coalesce(', ' || role_title || ' in mind', '')
              || coalesce(', ' || v.stance::text, '')
              || coalesce('. Learnt: ' || v.learned, '')
              || coalesce('. Next: ' || v.next_step, '')
          ELSE '' END;
COMMENT ON FUNCTION said_visit(visit, text, text, boolean, text, text) IS
    'A visit as a sentence; to another borough nothing but who came, and whether for a client.';

-- n is one more than a page holds.
CREATE FUNCTION timeline(employer uuid, n integer, token text)
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
           ) AS l
     WHERE key IS NULL
        OR (l.at, l.kind, l.id) < (key[1]::timestamptz, key[2], key[3]::uuid)
     ORDER BY l.at DESC, l.kind DESC, l.id DESC
     LIMIT n;
END
$$;
COMMENT ON FUNCTION timeline(uuid, integer, text) IS
    'EmployerService/ListTimeline: visits of the network in words that anybody may read, openings that the caller may see, the own borough''s contacts, and how the employer came in.';

GRANT EXECUTE ON FUNCTION said_visit(visit, text, text, boolean, text, text),
    timeline(uuid, integer, text) TO canvass_app;

COMMIT;
