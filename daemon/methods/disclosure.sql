-- What each employer may know of each client (proto/canvass/v1/disclosure.proto). Rules are in
-- migrations/deploy/disclosure.sql.

-- canvass.v1.DisclosureService/SetDisclosure  roles: specialist lead  writes
SELECT set_disclosure(:request) AS "."

-- canvass.v1.DisclosureService/WithdrawDisclosure  roles: specialist lead  writes
SELECT withdraw_disclosure(:request) AS "."

-- canvass.v1.DisclosureService/GetCard  roles: specialist lead  audits
SELECT get_card(:request) AS "card"

-- canvass.v1.DisclosureService/ListDisclosures  roles: specialist lead  audits
SELECT disclosure_json(d) AS "disclosures",
       page_token((d.ended_at IS NOT NULL)::text, e.name, d.recorded_at::text, d.id::text) AS "next_page_token"
  FROM client_of(:client_id::text, :client_ref::text, 'client_id', 'client_ref') AS c
  JOIN disclosure d ON d.client_id = c.id
  JOIN employer e ON e.id = d.employer_id
  CROSS JOIN page_key(:page_token, 4) AS k (keys)
 WHERE (:employer_id::uuid IS NULL OR d.employer_id = standing_employer(:employer_id))
   AND (:ended::boolean OR d.ended_at IS NULL)
   AND (k.keys IS NULL
        OR ((d.ended_at IS NOT NULL)::text, e.name COLLATE natural_order) > (k.keys[1], k.keys[2] COLLATE natural_order)
        OR ((d.ended_at IS NOT NULL)::text, e.name) = (k.keys[1], k.keys[2])
           AND (d.recorded_at, d.id) < (k.keys[3]::timestamptz, k.keys[4]::uuid))
 ORDER BY (d.ended_at IS NOT NULL)::text, e.name COLLATE natural_order, d.recorded_at DESC, d.id DESC
 LIMIT :page_size
