-- What a match reads (proto/canvass/v1/match.proto); the engine in C ranks it.

-- The client, and where journeys begin: easting and northing are NULL where that is not known.
-- canvass.v1.MatchService/MatchClient#client  roles: specialist lead
SELECT client_json(c) AS "client", c.home_easting AS easting, c.home_northing AS northing,
       c.home_approximate AS approximate
  FROM client_to_match(:client_id::text, :ref::text) AS c

-- The day, and what the law asks for the client's age band then; 0 and the rate at 21 in words where the
-- band is not known.
-- canvass.v1.MatchService/MatchClient#minimum_wage  roles: specialist lead
SELECT coalesce(minimum_wage_for(c.age_band, d.day), 0) AS pence,
       minimum_wage_said(c.age_band, d.day) AS sentence, d.day
  FROM client_to_match(:client_id::text, :ref::text) AS c,
       (SELECT coalesce(:on::date, london_today()) AS day) AS d

-- canvass.v1.MatchService/MatchClient#weights  roles: specialist lead
SELECT w.name, w.value FROM match_default w ORDER BY w.name

-- Every opening that is not closed and that the caller may see. Level 1 to 5 and stance are the
-- caller's borough's relationship; accreditations count while they last.
-- canvass.v1.MatchService/MatchClient#openings  roles: specialist lead
SELECT o.id AS opening_id, o.employer_id, e.name AS employer, o.title, b.name AS borough,
       o.soc, e.sic, o.site_id, s.postcode, s.easting, s.northing, s.approximate,
       o.hidden, o.places, o.starts_on, o.closes_on,
       o.hours_min_tenths, o.hours_max_tenths, o.pay_pence_hour, o.shift_bits,
       o.driving, o.check_level, feature_bits(o.features) AS features,
       o.permanent, o.expected_weeks, o.trial, o.trial_days,
       r.stance, coalesce(array_position(enum_range(NULL::stage), r.stage), 0) AS level,
       e.living_wage AND coalesce(e.living_wage_until, 'infinity') >= d.day AS living_wage,
       CASE WHEN coalesce(e.disability_confident_until, 'infinity') >= d.day
            THEN e.disability_confident END AS disability_confident
  FROM opening o
  JOIN employer e ON e.id = o.employer_id
  JOIN borough b ON b.id = o.borough_id
  LEFT JOIN site s ON s.id = o.site_id
  LEFT JOIN relationship r ON r.employer_id = o.employer_id AND r.borough_id = borough()
  CROSS JOIN (SELECT coalesce(:on::date, london_today()) AS day) AS d
 WHERE o.closed_at IS NULL AND coalesce(o.closes_on, 'infinity') >= d.day
