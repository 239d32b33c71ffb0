#!/bin/bash
# The same list imported twice at once makes no doubles; what was begun and lost leaves nothing.
set -euo pipefail
app() { psql -qXAt -v ON_ERROR_STOP=1 -U canvass_app "$@"; }
# A prefix of their own: these rows stay.
one_import() {
    app <<-END
		SELECT canvass.enter(sha256('token of amira'), '{anyone}', 'test') \g /dev/null
		BEGIN;
		SELECT canvass.enter(sha256('token of amira'), '{anyone}', 'test') \g /dev/null
		SELECT import_employers(jsonb_build_object('source', 'twice', 'rows', (
		    SELECT jsonb_agg(jsonb_build_object('line', i, 'ref', i::text, 'name', 'Together ' || i % 300 || ' Ways', 'postcode', 'SW9 8HE'))
		      FROM generate_series(1, 400) AS i))) - 'problems';
		SELECT pg_sleep(0.2) \g /dev/null
		$1;
	END
}

echo 1..4
one_import COMMIT >"$CANVASS_CLUSTER.one" &
first=$!
one_import COMMIT >"$CANVASS_CLUSTER.two" &
second=$!
wait "$first" && wait "$second" && echo "ok 1 - both end well" || echo "not ok 1 - both end well"
count=$(psql -qXAt -c "SELECT count(*) FROM canvass.employer WHERE name LIKE 'Together %'")
[[ $count == 300 ]] && echo "ok 2 - no doubles" || echo "not ok 2 - no doubles: $count"
said=$(cat "$CANVASS_CLUSTER.one" "$CANVASS_CLUSTER.two" | sort)
want='{"created": 0, "updated": 0, "rejected": 0, "unchanged": 400}
{"created": 300, "updated": 100, "rejected": 0, "unchanged": 0}'
[[ $(sort <<<"$want") == "$said" ]] && echo "ok 3 - one made them, the other found them" || echo "not ok 3 - counts: $said"
psql -qX -c "DELETE FROM canvass.employer_ref WHERE source = 'twice'" \
    -c "DELETE FROM canvass.site USING canvass.employer e WHERE e.id = employer_id AND e.name LIKE 'Together %'" \
    -c "DELETE FROM canvass.employer WHERE name LIKE 'Together %'"
one_import ROLLBACK >/dev/null
count=$(psql -qXAt -c "SELECT count(*) FROM canvass.employer WHERE name LIKE 'Together %'")
[[ $count == 0 ]] && echo "ok 4 - an import that was lost left nothing" || echo "not ok 4 - left: $count"
rm -f "$CANVASS_CLUSTER.one" "$CANVASS_CLUSTER.two"
