-- Clients of the caller's team (proto/canvass/v1/client.proto).

-- canvass.v1.ClientService/CreateClient  roles: specialist lead  writes
SELECT create_client(:request) AS "client"

-- canvass.v1.ClientService/GetClient  roles: specialist lead  audits
SELECT client_json(client_of(:client_id::text, :ref::text, 'client_id', 'ref')) AS "client"

-- canvass.v1.ClientService/ListClients  roles: specialist lead  audits
SELECT client_json(c, false) AS "clients", page_token(c.ref) AS "next_page_token"
  FROM client c
  CROSS JOIN page_key(:page_token, 1) AS k (keys)
 WHERE (NOT :mine::boolean OR c.specialist_id = actor())
   AND (:discharged::boolean OR c.status <> 'discharged')
   AND starts_with(c.ref, coalesce(upper(btrim(:ref_prefix::text)), ''))
   AND (k.keys IS NULL OR c.ref > k.keys[1])
 ORDER BY c.ref
 LIMIT :page_size

-- canvass.v1.ClientService/UpdateClient  roles: specialist lead  writes
SELECT update_client(:request) AS "client"

-- canvass.v1.ClientService/SetWishes  roles: specialist lead  writes
SELECT set_wishes(:request) AS "client"

-- canvass.v1.ClientService/SetConstraints  roles: specialist lead  writes
SELECT set_constraints(:request) AS "client"

-- canvass.v1.ClientService/SetUnavailable  roles: specialist lead  writes
SELECT set_unavailable(:request) AS "client"

-- canvass.v1.ClientService/PauseClient  roles: specialist lead  writes
SELECT pause_client(:request) AS "client"

-- canvass.v1.ClientService/ResumeClient  roles: specialist lead  writes
SELECT resume_client(:request) AS "client"

-- canvass.v1.ClientService/DischargeClient  roles: specialist lead  writes
SELECT discharge_client(:request) AS "client"
