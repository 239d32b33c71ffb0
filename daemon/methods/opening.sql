-- Openings and hidden leads (proto/canvass/v1/opening.proto).

-- canvass.v1.OpeningService/CreateOpening  roles: specialist lead  writes
SELECT create_opening(:request) AS "opening"

-- canvass.v1.OpeningService/GetOpening  roles: specialist lead
SELECT opening_json(o) AS "opening" FROM opening o WHERE o.id = :opening_id

-- canvass.v1.OpeningService/UpdateOpening  roles: specialist lead  writes
SELECT update_opening(:request) AS "opening"

-- canvass.v1.OpeningService/CloseOpening  roles: specialist lead  writes
SELECT close_opening(:request) AS "opening"

-- Those whose last day has passed count as closed.
-- canvass.v1.OpeningService/ListOpenings  roles: specialist lead
SELECT opening_json(o) AS "openings",
       page_token(coalesce(o.closes_on, 'infinity')::text, o.id::text) AS "next_page_token"
  FROM opening o
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE (:employer_id::uuid IS NULL OR o.employer_id = :employer_id)
   AND starts_with(coalesce(o.soc, ''), coalesce(:soc::text, ''))
   AND (:closed::boolean
        OR o.closed_at IS NULL AND coalesce(o.closes_on, 'infinity') >= london_today())
   AND (NOT :own::boolean OR o.borough_id = borough())
   AND (k.keys IS NULL
        OR (coalesce(o.closes_on, 'infinity'), o.id) > (k.keys[1]::date, k.keys[2]::uuid))
 ORDER BY coalesce(o.closes_on, 'infinity'), o.id
 LIMIT :page_size
