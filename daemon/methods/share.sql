-- Sharing people to talk to (proto/canvass/v1/share.proto). Rules are in migrations/deploy/share.sql.

-- Its answer is not kept: a repeat after the share was withdrawn must give nothing.
-- canvass.v1.ShareService/OpenContact  roles: specialist lead  once
SELECT open_contact_guarded(standing_request(:request, 'employer_id')) AS "."

-- canvass.v1.ShareService/ShareContact  roles: specialist lead  writes
SELECT share_contact(standing_request(:request, 'employer_id')) AS "share"

-- canvass.v1.ShareService/WithdrawShare  roles: specialist lead  writes
SELECT withdraw_share(:request) AS "share"

-- canvass.v1.ShareService/ListShares  roles: specialist lead
SELECT share_json(s) AS "shares", page_token(s.given_at::text, s.id::text) AS "next_page_token"
  FROM contact_share s
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE (:ended::boolean OR s.withdrawn_at IS NULL AND s.expires_on >= london_today())
   AND (NOT :given::boolean OR s.borough_id = borough())
   AND (NOT :received::boolean OR s.borough_id <> borough())
   AND (:employer_id::uuid IS NULL OR s.employer_id = standing_employer(:employer_id))
   AND (k.keys IS NULL OR (s.given_at, s.id) < (k.keys[1]::timestamptz, k.keys[2]::uuid))
 ORDER BY s.given_at DESC, s.id DESC
 LIMIT :page_size

-- canvass.v1.ShareService/ListUses  roles: specialist lead
SELECT u.at AS "uses.at", u.by_name AS "uses.by", b.name AS "uses.borough",
       u.share_id AS "uses.share_id", u.contact_id AS "uses.contact_id", c.name AS "uses.contact",
       u.employer_id AS "uses.employer_id", e.name AS "uses.employer",
       page_token(u.at::text, u.id::text) AS "next_page_token"
  FROM contact_use u
  JOIN borough b ON b.id = u.borough_id
  JOIN employer e ON e.id = u.employer_id
  LEFT JOIN contact c ON c.id = u.contact_id AND c.borough_id = borough()
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE (:share_id::uuid IS NULL OR u.share_id = :share_id)
   AND (:contact_id::uuid IS NULL OR u.contact_id = :contact_id)
   AND (:employer_id::uuid IS NULL OR u.employer_id = standing_employer(:employer_id))
   AND (k.keys IS NULL OR (u.at, u.id) < (k.keys[1]::timestamptz, k.keys[2]::uuid))
 ORDER BY u.at DESC, u.id DESC
 LIMIT :page_size

-- canvass.v1.ShareService/RequestContact  roles: specialist lead  writes
SELECT request_contact(standing_request(:request, 'employer_id')) AS "request"

-- canvass.v1.ShareService/GrantRequest  roles: specialist lead  writes
SELECT grant_request(:request) AS "."

-- canvass.v1.ShareService/DeclineRequest  roles: specialist lead  writes
SELECT decline_request(:request) AS "request"

-- canvass.v1.ShareService/ListRequests  roles: specialist lead
SELECT contact_request_json(r) AS "requests",
       page_token(r.asked_at::text, r.id::text) AS "next_page_token"
  FROM contact_request r
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE (:answered::boolean OR r.answered_at IS NULL)
   AND (NOT :by_me::boolean OR r.asked_by = actor())
   AND (NOT :to_me::boolean OR r.owner_id = borough() AND leads_relationship(r.employer_id))
   AND (:employer_id::uuid IS NULL OR r.employer_id = standing_employer(:employer_id))
   AND (k.keys IS NULL OR (r.asked_at, r.id) < (k.keys[1]::timestamptz, k.keys[2]::uuid))
 ORDER BY r.asked_at DESC, r.id DESC
 LIMIT :page_size
