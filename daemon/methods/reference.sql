-- Lists that others publish.

-- canvass.v1.ReferenceService/GetPostcode  roles: anyone
SELECT p.postcode AS "postcode.postcode", p.easting AS "postcode.point.easting",
       p.northing AS "postcode.point.northing", p.borough_id AS "postcode.borough_id",
       b.name AS "postcode.borough", p.terminated AS "postcode.terminated"
  FROM canvass.postcode p
  LEFT JOIN canvass.borough b ON b.id = p.borough_id
 WHERE p.postcode = canvass.tidy_postcode(:postcode);

-- canvass.v1.ReferenceService/SearchOccupations  roles: anyone
SELECT o.code AS "occupations.code", o.title AS "occupations.title",
       o.job_titles AS "occupations.job_titles"
  FROM canvass.search_occupations(:query, :page_size) AS o;

-- canvass.v1.ReferenceService/SearchIndustries  roles: anyone
SELECT i.code AS "industries.code", i.title AS "industries.title"
  FROM canvass.search_industries(:query, :page_size) AS i;

-- canvass.v1.ReferenceService/LoadPostcodes  roles: administrator  writes
SELECT canvass.load_postcodes(:request) AS ".";

-- canvass.v1.ReferenceService/LoadOccupations  roles: administrator  writes
SELECT canvass.load_occupations(:request) AS ".";

-- canvass.v1.ReferenceService/LoadIndustries  roles: administrator  writes
SELECT canvass.load_industries(:request) AS ".";
