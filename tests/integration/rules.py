"""Who may see and do what: a plain model of the rules, written from what is promised (the comments
in proto/canvass/v1 and at the head of each migration), not from the policies, which it judges.

    rules.may_see(world, who, "contact", row)     whether a person may read a row
    rules.may_change(...), may_delete(...), may_add(...)

A person is {"id", "team", "borough", "roles"}; None is nobody. A row is a dict of its columns. The
world has every row of every table: world["client"] is {id: row}.

A table that the application may read or write has a line here. One that has none is a failure of
the tests that says so: whoever makes a table decides whose eyes it is for.
"""

FIELD = {"specialist", "lead"}


def calls(who):
    return who is not None


def is_field(who):
    """A specialist or a lead: who works with employers and clients."""
    return who is not None and bool(FIELD & who["roles"])


def is_lead(who):
    return who is not None and "lead" in who["roles"]


def is_admin(who):
    return who is not None and "administrator" in who["roles"]


def writes_registry(who):
    return is_field(who) or is_admin(who)


# ---- whose a row is ----

def of_team(world, who, client_id):
    """A client's rows are the team's that supports the client, and nobody else's."""
    return is_field(who) and world["client"][client_id]["team_id"] == who["team"]


def of_borough(who, row, column="borough_id"):
    return is_field(who) and row[column] == who["borough"]


def leads(world, who, employer_id):
    """Leads the own borough's relationship with an employer, or is a lead of the borough."""
    if is_lead(who):
        return True
    r = world["relationship"].get((employer_id, who["borough"]))
    return r is not None and r["lead_id"] == who["id"]


def share_stands(world, share):
    """Neither withdrawn nor run out; its last day counts."""
    return share["withdrawn_at"] is None and share["expires_on"] >= world["today"]


def share_is_for(who, share):
    return (is_field(who) and share["to_borough_id"] == who["borough"]
            and share["to_specialist_id"] in (None, who["id"]))


def may_open(world, who, contact):
    """A contact's details: the own borough's, or under a share that stands, unless they objected."""
    if not is_field(who):
        return False
    if contact["borough_id"] == who["borough"]:
        return True
    return contact["objected_on"] is None and any(
        s["contact_id"] == contact["id"] and share_is_for(who, s) and share_stands(world, s)
        for s in world["contact_share"].values())


def sees_opening(who, row):
    return is_field(who) and (row["network"] or row["borough_id"] == who["borough"]
                              or who["borough"] in row["seen_by"])


# ---- reading ----

def sees_share(world, who, row):
    return of_borough(who, row) or share_is_for(who, row) and share_stands(world, row)


def sees_change(world, who, row):
    """What became of a row is for whom the row is for."""
    if not calls(who):
        return False
    table = row["table_name"]
    if table in ("employer", "site", "employer_ref", "employer_merge", "not_duplicate"):
        return True
    if not is_field(who) or table == "objection":
        return False
    if row["client_id"] is not None:
        return of_team(world, who, row["client_id"])
    if table in ("employer_block", "cool_off", "lesson_mark"):
        return True
    # The row as it stands says whose it is, not what the change says of itself.
    if table == "relationship":
        stands = world[table][(row["row_id"], row["row_key"])]
    elif table in ("contact", "opening", "visit", "plan", "contact_share", "lesson"):
        stands = world[table][row["row_id"]]
    elif table == "contact_request":
        # Asking is the asker's, answering the owner's; a row may come with its answer.
        stands = world[table][row["row_id"]]
        given = row.get("new") or stands
        if row["op"] != "insert" or given.get("answered_at") is not None:
            return stands["owner_id"] == who["borough"]
    elif table == "contact_use":
        return world[table][row["row_id"]]["owner_id"] == who["borough"]
    else:
        raise KeyError(f"say in sees_change() of rules.py for whom changes of {table} are")
    return stands["borough_id"] == who["borough"] or table == "opening" and stands["network"]


ANYBODY = ("borough", "team", "postcode", "postcode_sector", "occupation", "industry",
           "minimum_wage", "trial_rule", "support_rule", "share_rule", "match_default",
           "telling_word", "retention_rule", "contact_target", "twin_threshold", "report_definition",
           "report_column", "suppression_rule", "working_time_rule", "fidelity_item",
           "fidelity_anchor", "outcome_rule", "change_field", "change_sentence", "change_table",
           "undo")
REGISTRY = ("employer", "site", "employer_ref", "employer_merge", "employer_block", "cool_off")
BOROUGHS = ("contact", "relationship", "visit", "standing_visit", "plan")
CLIENTS = ("client_occupation", "client_wishes", "client_constraints", "client_unavailable",
           "client_pause", "visit_client", "plan_client", "job_terms", "lost_shift")
# From a match to a job; a row names its client's team, and can name no other.
PLACEMENT = ("disclosure", "standing_disclosure", "trial", "job", "support")
# What the daemon reads for its matcher, before it names anybody.
DAEMONS = ("catalogue_job", "catalogue_employer", "catalogue_place", "catalogue_relation")

SEES = {
    **{table: lambda world, who, row: calls(who) for table in ANYBODY + REGISTRY},
    **{table: lambda world, who, row: of_borough(who, row) for table in BOROUGHS},
    **{table: lambda world, who, row: of_team(world, who, row["client_id"]) for table in CLIENTS},
    **{table: lambda world, who, row: is_field(who) and row["team_id"] == who["team"]
       for table in PLACEMENT},
    **{table: lambda world, who, row: not calls(who) for table in DAEMONS},
    "client": lambda world, who, row: is_field(who) and row["team_id"] == who["team"],
    # Addresses and roles of people are their borough's, and an administrator's business.
    "specialist": lambda world, who, row: calls(who) and (
        row["borough_id"] == who["borough"] or is_admin(who)),
    "token": lambda world, who, row: calls(who) and (
        row["specialist_id"] == who["id"] or is_admin(who)),
    "opening": lambda world, who, row: sees_opening(who, row),
    "contact_request": lambda world, who, row: is_field(who) and (
        row["owner_id"] == who["borough"] or row["asked_by"] == who["id"]),
    "contact_share": sees_share,
    "standing_share": lambda world, who, row: sees_share(world, who, row)
                                              and share_stands(world, row),
    # The owner sees each use, and whoever used it.
    "contact_use": lambda world, who, row: is_field(who) and (
        row["owner_id"] == who["borough"] or row["specialist_id"] == who["id"]),
    "lesson": lambda world, who, row: is_field(who) and (
        row["withdrawn_at"] is None or row["specialist_id"] == who["id"]),
    "lesson_mark": lambda world, who, row: is_field(who),
    "change": sees_change,
    # Between a lead and the specialist.
    **{table: lambda world, who, row: calls(who) and row["team_id"] == who["team"] and (
        is_lead(who) or "specialist" in who["roles"] and row["specialist_id"] == who["id"])
       for table in ("week_review", "contracted_hours")},
    # A client's hold is the team's, a contact's the borough's.
    "hold": lambda world, who, row: (
        of_team(world, who, row["client_id"]) if row["client_id"] is not None
        else of_borough(who, world["contact"][row["contact_id"]])),
    # The auditor reads the borough's audit, a lead what the own team did.
    "audit": lambda world, who, row: calls(who) and row["borough_id"] == who["borough"] and (
        "auditor" in who["roles"] or is_lead(who) and row["team_id"] == who["team"]),
    "audit_seal": lambda world, who, row: calls(who) and row["borough_id"] == who["borough"] and (
        "auditor" in who["roles"] or is_lead(who)),
}

# ---- changing a row that is there, without moving it to others ----

CHANGES = {
    **{table: lambda world, who, row: writes_registry(who)
       for table in ("employer", "site", "employer_ref")},
    **{table: lambda world, who, row: is_admin(who)
       for table in ("postcode", "postcode_sector", "occupation", "industry")},
    **{table: lambda world, who, row: of_borough(who, row)
       for table in ("contact", "relationship", "opening")},
    "client": SEES["client"],
    **{table: SEES[table] for table in ("client_pause", "disclosure", "trial", "job")},
    "token": SEES["token"],
    # Whoever changes it signs it, and nobody their own.
    "week_review": lambda world, who, row: (is_lead(who) and row["team_id"] == who["team"]
                                            and row["specialist_id"] != who["id"]),
    "contracted_hours": lambda world, who, row: is_lead(who) and row["team_id"] == who["team"],
    # One's own diary; a lead's the team's.
    "plan": lambda world, who, row: is_field(who) and row["team_id"] == who["team"] and (
        row["specialist_id"] == who["id"] or is_lead(who)),
    "contact_request": lambda world, who, row: (
        of_borough(who, row, "owner_id") and row["answered_at"] is None
        and leads(world, who, row["employer_id"])),
    "contact_share": lambda world, who, row: (
        of_borough(who, row) and row["withdrawn_at"] is None
        and (row["given_by"] == who["id"] or leads(world, who, row["employer_id"]))),
    "employer_block": lambda world, who, row: (
        of_borough(who, row) and row["lifted_at"] is None
        and leads(world, who, row["employer_id"])),
    "lesson": lambda world, who, row: (is_field(who) and row["specialist_id"] == who["id"]
                                       and row["withdrawn_at"] is None),
}

DELETES = {
    **{table: SEES[table] for table in ("client_occupation", "client_wishes", "client_constraints",
                                        "client_unavailable", "plan_client", "job_terms",
                                        "lost_shift")},
    "lesson_mark": lambda world, who, row: calls(who) and row["specialist_id"] == who["id"],
}

# ---- adding a row as it stands ----

ADDS = {
    **{table: CHANGES[table] for table in ("employer", "site", "employer_ref", "postcode",
                                           "postcode_sector", "occupation", "industry", "contact",
                                           "relationship", "opening")},
    **{table: SEES[table] for table in CLIENTS + PLACEMENT if table != "standing_disclosure"},
    "client": SEES["client"],
    "team": lambda world, who, row: is_admin(who),
    # An administrator adds anybody, a lead specialists and leads of the own team.
    "specialist": lambda world, who, row: is_admin(who) or (
        is_lead(who) and row["team_id"] == who["team"] and set(row["roles"]) <= FIELD),
    "token": lambda world, who, row: calls(who) and row["created_by"] == who["id"] and (
        row["specialist_id"] == who["id"] or is_admin(who)),
    "visit": lambda world, who, row: (of_borough(who, row) and row["team_id"] == who["team"]
                                      and row["recorded_by"] == who["id"]),
    "plan": lambda world, who, row: (of_borough(who, row) and row["team_id"] == who["team"]
                                     and row["specialist_id"] == who["id"]),
    "contact_request": lambda world, who, row: (
        of_borough(who, row) and row["asked_by"] == who["id"] and row["answered_at"] is None),
    "contact_share": lambda world, who, row: (
        of_borough(who, row) and row["given_by"] == who["id"]
        and leads(world, who, row["employer_id"])),
    "contact_use": lambda world, who, row: (
        of_borough(who, row) and row["specialist_id"] == who["id"]
        and row["owner_id"] != who["borough"]
        and share_is_for(who, world["contact_share"][row["share_id"]])
        and share_stands(world, world["contact_share"][row["share_id"]])),
    "employer_block": lambda world, who, row: (
        of_borough(who, row) and row["set_by"] == who["id"] and row["lifted_at"] is None),
    "cool_off": lambda world, who, row: (
        of_borough(who, row) and row["set_by"] == who["id"] and row["employer_id"] is not None
        and leads(world, who, row["employer_id"])),
    "lesson": lambda world, who, row: of_borough(who, row) and row["specialist_id"] == who["id"],
    "week_review": lambda world, who, row: (
        is_lead(who) and row["team_id"] == who["team"] and row["reviewed_by"] == who["id"]),
    "contracted_hours": lambda world, who, row: (
        is_lead(who) and row["team_id"] == who["team"] and row["set_by"] == who["id"]),
    "lesson_mark": lambda world, who, row: is_field(who) and row["specialist_id"] == who["id"],
}


def rule(kind, rules, table):
    if table not in rules:
        raise KeyError(f"add a rule for the table {table} to {kind} in tests/integration/rules.py")
    return rules[table]


def may_see(world, who, table, row):
    return rule("SEES", SEES, table)(world, who, row)


def may_change(world, who, table, row):
    return rule("CHANGES", CHANGES, table)(world, who, row)


def may_delete(world, who, table, row):
    return rule("DELETES", DELETES, table)(world, who, row)


def may_add(world, who, table, row):
    return rule("ADDS", ADDS, table)(world, who, row)
