-- People, teams, boroughs and tokens. Who may add whom is in migrations/deploy/account.sql.

-- canvass.v1.AccountService/WhoAmI  roles: anyone
SELECT s.id AS "specialist.id", s.name AS "specialist.name", s.email AS "specialist.email",
       s.team_id AS "specialist.team_id", t.name AS "specialist.team",
       s.borough_id AS "specialist.borough_id", b.name AS "specialist.borough",
       s.roles AS "specialist.roles", s.active AS "specialist.active",
       coalesce(current_setting('canvass.server_version', true), '') AS "server_version",
       canvass.schema_version() AS "schema_version"
  FROM canvass.specialist s
  JOIN canvass.team t ON t.id = s.team_id
  JOIN canvass.borough b ON b.id = s.borough_id
 WHERE s.id = canvass.actor();

-- canvass.v1.AccountService/ListBoroughs  roles: anyone
SELECT b.id AS "boroughs.id", b.name AS "boroughs.name"
  FROM canvass.borough b
 ORDER BY b.name;

-- canvass.v1.AccountService/ListTeams  roles: anyone
SELECT t.id AS "teams.id", t.borough_id AS "teams.borough_id", b.name AS "teams.borough",
       t.name AS "teams.name"
  FROM canvass.team t
  JOIN canvass.borough b ON b.id = t.borough_id
 WHERE coalesce(:borough_id, '') IN ('', t.borough_id)
 ORDER BY b.name, t.name;

-- canvass.v1.AccountService/CreateTeam  roles: administrator  writes
SELECT canvass.create_team(:request) AS ".";

-- canvass.v1.AccountService/ListSpecialists  roles: anyone
SELECT s.id AS "specialists.id", s.name AS "specialists.name", s.email AS "specialists.email",
       s.team_id AS "specialists.team_id", t.name AS "specialists.team",
       s.borough_id AS "specialists.borough_id", b.name AS "specialists.borough",
       s.roles AS "specialists.roles", s.active AS "specialists.active",
       canvass.page_token(s.name, s.id::text) AS "next_page_token"
  FROM canvass.specialist s
  JOIN canvass.team t ON t.id = s.team_id
  JOIN canvass.borough b ON b.id = s.borough_id
 CROSS JOIN (SELECT canvass.page_key(:page_token, 2) AS key) AS page
 WHERE (:team_id::uuid IS NULL OR s.team_id = :team_id)
   AND (page.key IS NULL OR (s.name, s.id) > (page.key[1], page.key[2]::uuid))
 ORDER BY s.name, s.id
 LIMIT :page_size;

-- canvass.v1.AccountService/CreateSpecialist  roles: administrator lead  writes
SELECT canvass.create_specialist(:request) AS ".";

-- canvass.v1.AccountService/IssueToken  roles: anyone  writes once
SELECT canvass.issue_token(:request) AS ".";

-- canvass.v1.AccountService/RegisterCertificate  roles: administrator  writes
SELECT canvass.register_certificate(:request) AS ".";

-- canvass.v1.AccountService/ListTokens  roles: anyone
SELECT t.id AS "tokens.id", t.specialist_id AS "tokens.specialist_id", t.label AS "tokens.label",
       t.created_at AS "tokens.created_at", t.expires_at AS "tokens.expires_at",
       t.revoked_at AS "tokens.revoked_at", t.last_used AS "tokens.last_used",
       encode(t.certificate, 'hex') AS "tokens.certificate_sha256"
  FROM canvass.token t
 WHERE t.specialist_id = coalesce(:specialist_id::uuid, canvass.actor()) AND t.method IS NULL
 ORDER BY t.created_at DESC, t.id;

-- canvass.v1.AccountService/RevokeToken  roles: anyone  writes
SELECT canvass.revoke_token(:request) AS ".";
