-- The employer registry. Rules are in migrations/deploy/{employer,registry,search,import,duplicates}.sql.

-- canvass.v1.EmployerService/CreateEmployer  roles: specialist lead  writes
SELECT canvass.create_employer(:request) AS ".";

-- canvass.v1.EmployerService/GetEmployer  roles: specialist lead administrator
SELECT e.id AS "employer.id", e.name AS "employer.name", e.trading_as AS "employer.trading_as",
       e.company_number AS "employer.company_number", e.sic AS "employer.sic",
       i.title AS "employer.sector", e.website AS "employer.website", e.phone AS "employer.phone",
       e.staff AS "employer.staff", e.disability_confident AS "employer.disability_confident",
       e.disability_confident_until AS "employer.disability_confident_until",
       e.living_wage AS "employer.living_wage", e.living_wage_until AS "employer.living_wage_until",
       e.about AS "employer.about", e.refs AS "employer.refs",
       e.created_at AS "employer.created.at", e.created_by_name AS "employer.created.by",
       e.updated_at AS "employer.updated.at", e.updated_by_name AS "employer.updated.by",
       e.version::text AS "employer.etag", e.blocked_on AS "employer.blocked_on",
       m.merged_id AS "employer.merged.id", m.name AS "employer.merged.name",
       m.at AS "employer.merged.at", m.by_name AS "employer.merged.by"
  FROM canvass.employer e
  LEFT JOIN canvass.industry i ON i.code = e.sic
  LEFT JOIN canvass.employer_merge m ON m.merged_id = :employer_id::uuid
 WHERE e.id = canvass.standing_employer(:employer_id::uuid);

-- canvass.v1.EmployerService/UpdateEmployer  roles: specialist lead  writes
SELECT canvass.update_employer(canvass.standing_request(:request, 'employer', 'id')) AS ".";

-- canvass.v1.EmployerService/MergeEmployers  roles: specialist lead  writes
SELECT canvass.merge_employers(:request) AS ".";

-- canvass.v1.EmployerService/SearchEmployers  roles: specialist lead administrator
SELECT h.id AS "employers.id", h.name AS "employers.name", h.site_id AS "employers.site_id",
       h.address AS "employers.address", h.postcode AS "employers.postcode",
       h.borough AS "employers.borough", h.sector AS "employers.sector",
       h.distance_metres AS "employers.distance_metres", h.score AS "employers.score",
       h.sites AS "employers.sites", h.last_visit_at AS "employers.last_visit_at",
       h.next_page_token AS "next_page_token"
  FROM canvass.search_employers(:query, :borough_id, :sic, :near_postcode, :near.easting,
                                :near.northing, :within_metres, :page_size, :page_token) AS h;

-- canvass.v1.EmployerService/FindSimilar  roles: specialist lead administrator
SELECT canvass.find_similar(:request) AS ".";

-- canvass.v1.EmployerService/ListDuplicates  roles: specialist lead administrator
SELECT d.one AS "pairs.one", d.other AS "pairs.other", d.score AS "pairs.score",
       d.reasons AS "pairs.reasons", d.next_page_token AS "next_page_token"
  FROM canvass.list_duplicates(:borough_id, :min_score, :page_size, :page_token) AS d;

-- canvass.v1.EmployerService/DismissDuplicate  roles: specialist lead administrator  writes
SELECT canvass.dismiss_duplicate(:request) AS ".";

-- canvass.v1.EmployerService/ListSites  roles: specialist lead administrator
SELECT s.id AS "sites.id", s.employer_id AS "sites.employer_id", s.name AS "sites.name",
       s.address AS "sites.address", s.postcode AS "sites.postcode",
       s.easting AS "sites.point.easting", s.northing AS "sites.point.northing",
       s.approximate AS "sites.approximate", s.borough_id AS "sites.borough_id",
       b.name AS "sites.borough", s.phone AS "sites.phone", s.closed AS "sites.closed",
       s.version::text AS "sites.etag", canvass.page_token(s.id::text) AS "next_page_token"
  FROM canvass.site s
  LEFT JOIN canvass.borough b ON b.id = s.borough_id
 CROSS JOIN (SELECT canvass.page_key(:page_token, 1) AS key) AS page
 WHERE s.employer_id = canvass.standing_employer(:employer_id::uuid)
   AND (page.key IS NULL OR s.id > page.key[1]::uuid)
 ORDER BY s.id
 LIMIT :page_size;

-- canvass.v1.EmployerService/AddSite  roles: specialist lead  writes
SELECT canvass.add_site(canvass.standing_request(:request, 'site', 'employer_id')) AS ".";

-- canvass.v1.EmployerService/UpdateSite  roles: specialist lead  writes
SELECT canvass.update_site(:request) AS ".";

-- canvass.v1.EmployerService/ListContacts  roles: specialist lead
SELECT canvass.list_contacts(canvass.standing_employer(:employer_id::uuid)) AS ".";

-- canvass.v1.EmployerService/AddContact  roles: specialist lead  writes
SELECT canvass.add_contact(canvass.standing_request(:request, 'contact', 'employer_id')) AS ".";

-- canvass.v1.EmployerService/UpdateContact  roles: specialist lead  writes
SELECT canvass.update_contact(:request) AS ".";

-- canvass.v1.EmployerService/GetRelationship  roles: specialist lead
SELECT e.id AS "relationship.employer_id", b.id AS "relationship.borough_id",
       b.name AS "relationship.borough", r.stage AS "relationship.stage",
       r.lead_id AS "relationship.lead_id", s.name AS "relationship.lead",
       r.stance AS "relationship.stance", r.last_visit_at AS "relationship.last_visit_at",
       r.next_touch_at AS "relationship.next_touch_at", r.next_step AS "relationship.next_step",
       coalesce(r.version, 0)::text AS "relationship.etag"
  FROM canvass.employer e
  JOIN canvass.borough b ON b.id = canvass.borough()
  LEFT JOIN canvass.relationship r ON r.employer_id = e.id AND r.borough_id = b.id
  LEFT JOIN canvass.specialist s ON s.id = r.lead_id
 WHERE e.id = canvass.standing_employer(:employer_id::uuid);

-- canvass.v1.EmployerService/UpdateRelationship  roles: specialist lead  writes
SELECT canvass.update_relationship(canvass.standing_request(:request, 'relationship', 'employer_id')) AS ".";

-- canvass.v1.EmployerService/BlockEmployer  roles: specialist lead  writes
SELECT canvass.block_employer(:request) AS "block";

-- canvass.v1.EmployerService/UnblockEmployer  roles: specialist lead  writes
SELECT canvass.unblock_employer(:request) AS "block";

-- canvass.v1.EmployerService/SetCoolOff  roles: specialist lead  writes
SELECT canvass.set_cool_off(:request) AS "cool_off";

-- canvass.v1.EmployerService/ImportEmployers  roles: specialist lead administrator  writes
SELECT canvass.import_and_compare(canvass.as_one_import(:request)) AS ".";

-- canvass.v1.EmployerService/ExportEmployers  roles: specialist lead administrator  audits
SELECT e.id AS "employer.id", e.name AS "employer.name", e.trading_as AS "employer.trading_as",
       e.company_number AS "employer.company_number", e.sic AS "employer.sic",
       i.title AS "employer.sector", e.website AS "employer.website", e.phone AS "employer.phone",
       e.staff AS "employer.staff", e.disability_confident AS "employer.disability_confident",
       e.disability_confident_until AS "employer.disability_confident_until",
       e.living_wage AS "employer.living_wage", e.living_wage_until AS "employer.living_wage_until",
       e.about AS "employer.about", e.refs AS "employer.refs",
       e.created_at AS "employer.created.at", e.created_by_name AS "employer.created.by",
       e.updated_at AS "employer.updated.at", e.updated_by_name AS "employer.updated.by",
       e.version::text AS "employer.etag", e.blocked_on AS "employer.blocked_on",
       s.id AS "site.id", s.employer_id AS "site.employer_id", s.name AS "site.name",
       s.address AS "site.address", s.postcode AS "site.postcode",
       s.easting AS "site.point.easting", s.northing AS "site.point.northing",
       s.approximate AS "site.approximate", s.borough_id AS "site.borough_id",
       b.name AS "site.borough", s.phone AS "site.phone", s.closed AS "site.closed",
       s.version::text AS "site.etag",
       canvass.page_token(e.id::text, s.id::text) AS "next_page_token"
  FROM canvass.employer e
  LEFT JOIN canvass.site s ON s.employer_id = e.id
  LEFT JOIN canvass.borough b ON b.id = s.borough_id
  LEFT JOIN canvass.industry i ON i.code = e.sic
 CROSS JOIN (SELECT canvass.page_key(:page_token, 2) AS key) AS page
 WHERE (page.key IS NULL OR e.id > page.key[1]::uuid
        OR (e.id = page.key[1]::uuid AND s.id > page.key[2]::uuid))
   AND coalesce(:borough_id, '') IN ('', s.borough_id)
   AND coalesce(e.sic, '') LIKE coalesce(:sic, '') || '%'
 ORDER BY e.id, s.id
 LIMIT :page_size;
