-- What a person may ask for (proto/canvass/v1/rights.proto). Rules are in migrations/deploy/rights.sql.

-- canvass.v1.RightsService/ExportPerson  roles: specialist lead  audits
SELECT export_person(:request) AS "."

-- canvass.v1.RightsService/ErasePerson  roles: lead  writes
SELECT erase_person(:request) AS "."

-- canvass.v1.RightsService/HoldPerson  roles: lead  writes
SELECT hold_person(:request) AS "hold"

-- canvass.v1.RightsService/ReleasePerson  roles: lead  writes
SELECT release_person(:request) AS "hold"

-- canvass.v1.RightsService/Purge  roles: lead administrator  writes
SELECT purge(:request) AS "."
